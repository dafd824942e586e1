/* The composer: toolbar, preview, drafts kept while one types, paste, files, names. The form works without it. */

import { listOf, watch } from "./composer_files.js";
import { offerPeople } from "./composer_mentions.js";
import { asQuote, format, insert, isRich, toMarkdown } from "./composer_text.js";

const SAVE_AFTER = 1200; // milliseconds without a key
const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

function call(method, path, body) {
  return fetch(path, {
    method,
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token() },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

function clock() {
  const now = new Date();
  return `${now.getHours() % 12 || 12}:${String(now.getMinutes()).padStart(2, "0")}${now.getHours() < 12 ? "am" : "pm"}`;
}

/** A new thread has no address yet: a reload comes back to its draft. */
function comeBack(form, key) {
  if (!key.startsWith("new:")) return;
  const here = new URL(location.href);
  here.searchParams.set("space", form.elements.space.value);
  here.searchParams.set("draft", key);
  history.replaceState(history.state, "", here);
}

/** Keeps the draft on the server; a refusal (case data, say) is told beside the button. */
function keepDraft(form, field) {
  const key = form.dataset.draftKey;
  if (!key) return;
  const status = form.querySelector("[data-draft-status]");
  let timer = 0;
  let running = Promise.resolve();
  const others = () => Object.fromEntries(
    [...form.querySelectorAll("[data-draft-field], [name=reply_to], [name=attribution]")]
      .filter((other) => other.type !== "radio" || other.checked)
      .map((other) => [other.name, other.value]),
  );
  const state = () => JSON.stringify([field.value, others()]); // a name withheld after the last word counts too
  const written = () => field.value + (form.elements.title?.value ?? "");
  let saved = state();
  let kept = written() !== "";
  const save = async () => {
    const now = state();
    if (form.dataset.sent || form.dataset.sending || now === saved || (!kept && !written())) return;
    try {
      const answer = await call("PUT", `/api/v1/drafts/${encodeURIComponent(key)}`, {
        body: field.value,
        fields: others(),
        thread: form.dataset.thread ? Number(form.dataset.thread) : null,
        space: form.dataset.space ? Number(form.dataset.space) : null,
      });
      const problem = await answer.json().catch(() => ({}));
      if (answer.ok && problem.words?.length) {
        saved = now;
        const words = problem.words.map((word) => `“${word}”`).join(", ");
        status.textContent = `Draft not saved: ${words} looks like a child’s or family’s details`;
      } else if (answer.ok) {
        saved = now;
        kept = true;
        comeBack(form, key);
        status.textContent = `Draft saved ${clock()}`;
      } else {
        status.textContent = `Draft not saved: ${problem.errors?.[0]?.detail ?? problem.detail ?? "try again"}`;
      }
    } catch {
      status.textContent = "Draft not saved: no connection. What you typed is still here.";
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { running = running.then(save); }, SAVE_AFTER);
  };
  form.addEventListener("input", later);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") running = running.then(save);
  });
  form.addEventListener("submit", () => clearTimeout(timer));
  form.addEventListener("portal:posted", () => {
    clearTimeout(timer);
    saved = state();
    kept = false;
    status.textContent = "";
    listOf(form)?.replaceChildren();
  });
}

function showPreview(form, field, button) {
  const box = form.querySelector("[data-composer-preview]");
  if (!box) return;
  const shown = button.getAttribute("aria-pressed") === "true";
  button.setAttribute("aria-pressed", String(!shown));
  box.hidden = shown;
  field.hidden = !shown;
  if (shown) return field.focus();
  box.textContent = "…";
  call("POST", "/api/v1/preview", { body: field.value })
    .then(async (answer) => {
      const data = await answer.json();
      if (answer.ok) box.innerHTML = data.html || "<p>Nothing to preview yet.</p>"; // cleaned by the server's one allow-list
      else box.textContent = data.errors?.[0]?.detail ?? data.detail;
    })
    .catch(() => { box.textContent = "No connection: the preview cannot be made now."; });
}

function addButton(bar, command, label, sign) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.command = command;
  button.setAttribute("aria-label", label);
  button.textContent = sign;
  bar.insertBefore(button, bar.querySelector('[data-command="preview"]'));
}

/** One stop for the Tab key; the arrows go along the buttons. */
function toolbar(form, field) {
  const bar = form.querySelector("[data-composer-toolbar]");
  if (!bar) return;
  addButton(bar, "code", "Code", "</>");
  const chooser = form.querySelector('input[type="file"]');
  if (chooser && listOf(form)) addButton(bar, "attach", "Attach a file", "+");
  const buttons = [...bar.querySelectorAll("button")];
  const stop = (index) => buttons.forEach((button, place) => { button.tabIndex = place === index ? 0 : -1; });
  stop(0);
  bar.hidden = false;
  bar.addEventListener("keydown", (event) => {
    const here = buttons.indexOf(document.activeElement);
    const there = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (here < 0 || there === undefined) return;
    event.preventDefault();
    const next = (there + buttons.length) % buttons.length;
    stop(next);
    buttons[next].focus();
  });
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-command]");
    if (!button) return;
    const { command } = button.dataset;
    if (command === "preview") showPreview(form, field, button);
    else if (command === "attach") chooser.click();
    else format(field, command);
  });
}

function keys(form, field) {
  field.addEventListener("keydown", (event) => {
    const command = (event.ctrlKey || event.metaKey) && !event.altKey ? event.key.toLowerCase() : "";
    if (command === "enter") form.requestSubmit();
    else if (command === "b") format(field, "bold");
    else if (command === "i") format(field, "italic");
    else if (command === "k") format(field, "link");
    else return;
    event.preventDefault();
  });
  field.addEventListener("paste", (event) => {
    const html = event.clipboardData?.getData("text/html");
    if (!html || !isRich(html)) return;
    const text = toMarkdown(html);
    if (!text) return;
    event.preventDefault();
    insert(field, text);
  });
}

/** "Reply" and "Quote" under a post, without leaving the page. */
function answering(form, field) {
  const line = form.querySelector("[data-answering]");
  const target = form.elements.reply_to;
  if (!line || !target) return;
  const words = line.querySelector("[data-answering-words]");
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-reply], a[data-quote]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const post = link.closest("[data-post]");
    event.preventDefault();
    target.value = post.dataset.post;
    words.textContent = `${post.querySelector(".px-post__head b")?.textContent ?? ""}, post ${post.dataset.position}`;
    line.hidden = false;
    field.focus();
    if (link.dataset.quote !== undefined) {
      field.setSelectionRange(field.value.length, field.value.length);
      insert(field, (field.value && !field.value.endsWith("\n") ? "\n\n" : "") + asQuote(toMarkdown(post.querySelector(".px-post__body").innerHTML)));
    }
    field.scrollIntoView({ block: "center" });
  });
  line.querySelector("[data-answering-clear]").addEventListener("click", (event) => {
    event.preventDefault();
    target.value = "";
    line.hidden = true;
    field.focus();
  });
}

/** "Copy link" copies; where the browser refuses, it stays a link. */
function copying() {
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-copy-link]");
    if (!link || !navigator.clipboard || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    try {
      await navigator.clipboard.writeText(new URL(link.getAttribute("href"), location.href).href);
      link.firstChild.textContent = "Link copied";
      const voice = document.querySelector("[data-voice]");
      if (voice) voice.textContent = "Link copied";
    } catch {
      location.href = link.href;
    }
  });
}

/** One's own posts get "Edit": the list came with the page, the posts know no reader. */
export function markOwn(root = document) {
  const list = document.getElementById("mine");
  const mine = new Set(list ? JSON.parse(list.textContent).map(String) : []);
  for (const post of root.querySelectorAll("article[data-post]")) {
    if (!mine.has(post.dataset.post) || post.querySelector("[data-edit]")) continue;
    const link = document.createElement("a");
    link.className = "govuk-link";
    link.href = `/posts/${post.dataset.post}/edit`;
    link.dataset.edit = "";
    link.textContent = "Edit";
    post.querySelector("[data-more]")?.before(link);
  }
}

/** Makes every composer of the page ready, once. */
export function start() {
  for (const form of document.querySelectorAll("form[data-composer]")) {
    const field = form.querySelector("textarea");
    if (!field || form.dataset.ready) continue;
    form.dataset.ready = "yes";
    toolbar(form, field);
    offerPeople(form, field); // before the keys: an open list takes Enter first
    keys(form, field);
    watch(form, field);
    keepDraft(form, field);
    answering(form, field);
  }
  markOwn();
  if (!document.documentElement.dataset.copying) {
    document.documentElement.dataset.copying = "yes";
    copying();
  }
}

start();
