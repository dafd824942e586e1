/* Every page: what makes it kinder with JavaScript. Nothing here is needed to read or to write. */
import { reachScrollers } from "./scrollers.js";

const RESEND_AFTER = 15000; // a send that leads to no new page (a download, a dead line) may be tried again
const WARN_BEFORE = 120; // seconds before the session ends
const LONGEST_TIMER = 20 * 86400; // a longer time overflows the browser's timers, which then ring at once

/** One form, one send: a second press of an impatient finger is swallowed. */
function sendOnce(event) {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method === "get") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // After this turn: a button disabled now would not be sent with the form.
  setTimeout(() => setButtons(form, true), 0);
  setTimeout(() => allowAgain(form), RESEND_AFTER);
}

function buttonsOf(form) {
  return [...form.elements].filter((element) => element.type === "submit");
}

function setButtons(form, disabled) {
  for (const button of buttonsOf(form)) {
    if (disabled && !button.disabled) {
      button.disabled = true;
      button.dataset.heldBack = "yes";
    } else if (!disabled && button.dataset.heldBack) {
      button.disabled = false;
      delete button.dataset.heldBack;
    }
  }
}

function allowAgain(form) {
  delete form.dataset.sent;
  setButtons(form, false);
}

/** Back from the browser's cache, every form may be sent again. */
function onPageShow(event) {
  if (!event.persisted) return;
  for (const form of document.forms) allowAgain(form);
}

/** The phone menu closes on Escape, and when one goes on elsewhere. */
function closeMenus(event) {
  const escape = event.type === "keydown" && event.key === "Escape";
  if (event.type === "keydown" && !escape) return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!escape && menu.contains(event.target)) continue;
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (escape && inside) menu.querySelector("summary").focus();
  }
}

/** "3 hours ago", made when one looks. */
export function relative(then, now = Date.now()) {
  const seconds = Math.round((then - now) / 1000);
  const steps = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const words = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return "just now";
}

function titleTime(event) {
  const time = event.target.closest?.("time[datetime]");
  const then = time ? Date.parse(time.dateTime) : NaN;
  if (!Number.isNaN(then)) time.title = relative(then);
}

/** The "Show" button beside a password; it is hidden where there is no script. */
function showPasswords() {
  for (const button of document.querySelectorAll("button[data-reveal]")) {
    const field = document.getElementById(button.getAttribute("aria-controls"));
    if (!field) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      button.firstChild.textContent = shown ? "Hide" : "Show";
    });
    field.form?.addEventListener("submit", () => { field.type = "password"; });
  }
}

/** Two minutes before the session ends the page says so, and offers to stay signed in. */
function watchSession() {
  const box = document.querySelector("[data-session-seconds]");
  if (!box) return;
  const button = box.querySelector("button");
  const words = box.querySelector("[data-session-words]");
  const warning = words.textContent;
  let timers = [];
  const start = (seconds) => {
    timers.forEach(clearTimeout);
    box.hidden = true;
    button.hidden = false;
    if (seconds > LONGEST_TIMER) return;
    timers = [
      setTimeout(() => {
        words.textContent = warning;
        box.hidden = false;
      }, Math.max(0, seconds - WARN_BEFORE) * 1000),
      setTimeout(() => {
        words.textContent = box.dataset.sessionEnded;
        box.hidden = false;
        button.hidden = true;
      }, seconds * 1000),
    ];
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      // Any answer to a signed-in person prolongs the session; a redirect means that it has ended.
      const answer = await fetch(box.dataset.sessionRenew, { method: "HEAD", redirect: "manual", cache: "no-store" });
      if (!answer.ok) throw new Error(`session not renewed: ${answer.status}`);
      start(Number(answer.headers.get("X-Session-Seconds")) || Number(box.dataset.sessionSeconds));
    } catch {
      words.textContent = box.dataset.sessionFailed;
    } finally {
      button.disabled = false;
    }
  });
  start(Number(box.dataset.sessionSeconds));
}

document.addEventListener("submit", sendOnce);
window.addEventListener("pageshow", onPageShow);
document.addEventListener("click", closeMenus);
document.addEventListener("keydown", closeMenus);
document.addEventListener("pointerover", titleTime, { passive: true });
document.addEventListener("focusin", titleTime);
showPasswords();
reachScrollers();
watchSession();
document.querySelector("[data-error-summary]")?.focus();
