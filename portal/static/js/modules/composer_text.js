/* Text in a field: what the toolbar does, and HTML from Word, Excel and our own pages as Markdown. */

/** Replaces the selection as typing would, so that undo works, and tells the page. */
export function insert(field, text, selectFrom = null, selectTo = null) {
  field.focus();
  const start = field.selectionStart;
  if (!document.execCommand("insertText", false, text)) field.setRangeText(text, start, field.selectionEnd, "end");
  if (selectFrom !== null) field.setSelectionRange(start + selectFrom, start + (selectTo ?? selectFrom));
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function selection(field) {
  return field.value.slice(field.selectionStart, field.selectionEnd);
}

function wrap(field, sign, example) {
  const words = selection(field) || example;
  insert(field, `${sign}${words}${sign}`, sign.length, sign.length + words.length);
}

/** Puts ``sign`` before each line that the selection touches. */
function before(field, sign) {
  const start = field.value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  field.setSelectionRange(start, field.selectionEnd);
  const lines = selection(field).split("\n").map((line) => sign + line).join("\n");
  insert(field, lines, lines.length);
}

/** One press of the toolbar. */
export function format(field, command) {
  if (command === "bold") wrap(field, "**", "bold text");
  else if (command === "italic") wrap(field, "*", "italic text");
  else if (command === "list") before(field, "- ");
  else if (command === "quote") before(field, "> ");
  else if (command === "code") {
    if (selection(field).includes("\n")) insert(field, `\n\`\`\`\n${selection(field)}\n\`\`\`\n`);
    else wrap(field, "`", "code");
  } else if (command === "link") {
    const words = selection(field) || "words of the link";
    const text = `[${words}](https://)`;
    insert(field, text, text.length - 1);
  }
}

const squeeze = (text) => text.replace(/[\s\u00a0]+/g, " ");
const cell = (text) => squeeze(text).trim().replaceAll("|", "\\|");

function table(element, walk) {
  const rows = [...element.querySelectorAll("tr")].map((row) => [...row.children].map((one) => cell(walk(one))));
  const wide = Math.max(0, ...rows.map((row) => row.length));
  if (!wide) return "";
  const line = (row) => `| ${Array.from({ length: wide }, (_, place) => row[place] ?? "").join(" | ")} |`;
  return `\n\n${line(rows[0])}\n|${" --- |".repeat(wide)}\n${rows.slice(1).map(line).join("\n")}\n\n`;
}

function wordListItem(element) {
  return /MsoListParagraph/i.test(element.className ?? "");
}

/** The Markdown of some HTML. Knows what Word, Excel and our own posts contain; the rest is taken as words. */
export function toMarkdown(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  parsed.querySelectorAll("script,style,meta,link,title,o\\:p,xml").forEach((element) => element.remove());
  return walk(parsed.body).replace(/[ \t]+\n/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
}

function children(node) {
  return [...node.childNodes].map(walk).join("");
}

function marked(node, sign) {
  const text = children(node);
  const words = text.trim();
  return words && !words.includes("\n") ? text.replace(words, () => `${sign}${words}${sign}`) : text;
}

/** As written: our content security policy keeps style attributes from being applied, in this document too. */
function weight(node) {
  return node.getAttribute("style")?.match(/font-weight:\s*(\w+)/i)?.[1].toLowerCase() ?? "";
}

function isBold(node) {
  return weight(node) === "bold" || Number(weight(node)) >= 600;
}

function list(node, ordered) {
  const items = [...node.children].filter((child) => child.tagName === "LI");
  const lines = items.map((item, place) => {
    const words = walk(item).trim().replace(/\n+/g, "\n  ");
    return `${ordered ? `${place + 1}.` : "-"} ${words}`;
  });
  return `\n\n${lines.join("\n")}\n\n`;
}

function walk(node) {
  if (node.nodeType === Node.TEXT_NODE) return squeeze(node.textContent);
  if (node.nodeType !== Node.ELEMENT_NODE && node.nodeType !== Node.DOCUMENT_NODE) return "";
  const name = node.tagName;
  if (name === "BR") return "\n";
  if (name === "TABLE") return table(node, children);
  if (name === "UL" || name === "OL") return list(node, name === "OL");
  if (name === "B" || name === "STRONG") return ["normal", "400"].includes(weight(node)) ? children(node) : marked(node, "**");
  if (name === "I" || name === "EM") return marked(node, "*");
  if (name === "CODE") return marked(node, "`");
  if (name === "PRE") return `\n\n\`\`\`\n${node.textContent.trim()}\n\`\`\`\n\n`;
  if (name === "BLOCKQUOTE") return `\n\n${children(node).trim().split("\n").map((line) => `> ${line}`).join("\n")}\n\n`;
  if (/^H[1-6]$/.test(name)) return `\n\n### ${children(node).trim()}\n\n`;
  if (name === "A") {
    const words = children(node).trim();
    const href = node.getAttribute("href") ?? "";
    return /^https?:|^mailto:|^\//.test(href) && words ? `[${words}](${href})` : words;
  }
  if (name === "P" || name === "DIV") {
    if (wordListItem(node)) {
      const words = children(node).trim();
      const numbered = words.match(/^(\d+)[.)]\s*/);
      return `\n${numbered ? `${numbered[1]}. ` : "- "}${words.replace(/^(?:[·•o§▪\-–]|\d+[.)])\s*/, "")}`;
    }
    return `\n\n${children(node).trim()}\n\n`;
  }
  if (name === "SPAN" && isBold(node)) return marked(node, "**");
  return children(node);
}

/** Whether pasted HTML is worth turning: plain words are pasted as they are. */
export function isRich(html) {
  return /<(table|ul|ol|li|b|strong|i|em|h[1-6]|a|blockquote)\b|MsoListParagraph/i.test(html);
}

/** Words as a quotation. */
export function asQuote(markdown) {
  return `${markdown.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n")}\n\n`;
}
