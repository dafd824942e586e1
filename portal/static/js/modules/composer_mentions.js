/* "@" names somebody: an ARIA combobox over the composer's field, by keyboard as by pointer. */

const SHOWN = 8;
let counter = 0;

function wordBefore(field) {
  const match = field.value.slice(0, field.selectionStart).match(/(?:^|[\s(])@([\p{L}'’-][\p{L}'’ -]{0,30})$/u);
  return match ? { text: match[1], start: field.selectionStart - match[1].length - 1 } : null;
}

/** Offers people while a name is typed after "@". Asks the server only for those who read the thread. */
export function offerPeople(form, field) {
  const thread = form.dataset.thread ?? "";
  const space = form.dataset.space ?? "";
  const list = document.createElement("ul");
  list.id = `mentions-${(counter += 1)}`;
  list.className = "px-mentions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People to name");
  list.hidden = true;
  field.after(list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  let people = [];
  let chosen = -1;
  let asked = 0;
  let timer = 0;

  const close = () => {
    list.hidden = true;
    people = [];
    chosen = -1;
    field.removeAttribute("aria-activedescendant");
  };
  const mark = (place) => {
    chosen = (place + people.length) % people.length;
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === chosen)));
    field.setAttribute("aria-activedescendant", `${list.id}-${chosen}`);
  };
  const take = (place) => {
    const at = wordBefore(field);
    const person = people[place];
    if (!at || !person) return close();
    field.setRangeText(`@[${person.name}](person:${person.id}) `, at.start, field.selectionStart, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close();
    field.focus();
  };
  const show = (items) => {
    people = items.slice(0, SHOWN);
    list.replaceChildren(...people.map((person, place) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${place}`;
      item.setAttribute("role", "option");
      item.textContent = `${person.name}, ${person.authority ?? person.organisation ?? ""}`;
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(place);
      });
      return item;
    }));
    list.hidden = people.length === 0;
    if (people.length) mark(0);
    else close();
  };
  const ask = async () => {
    const at = wordBefore(field);
    if (!at) return close();
    const turn = (asked += 1);
    const query = new URLSearchParams({ q: at.text, ...(thread ? { thread } : { space }) });
    try {
      const answer = await fetch(`/api/v1/mentions?${query}`, { headers: { Accept: "application/json" } });
      if (answer.ok && turn === asked) show((await answer.json()).items ?? []);
    } catch {
      close(); // no line, no suggestions: the name can still be typed
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    if (!wordBefore(field)) return close();
    timer = setTimeout(ask, 150);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(chosen + step);
    else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  field.addEventListener("blur", () => setTimeout(close, 150));
}
