/* The bell in the header, as the server says it now. Without this the number is that of the last page load. */

/** Show how many notifications are unread, in the markup of layouts/base.html. */
export function ring(unread) {
  const bell = document.querySelector("[data-bell]");
  if (!bell || !Number.isInteger(unread) || unread < 0) return;
  const words = document.createElement("span");
  words.className = "px-vh";
  words.textContent = unread === 0 ? "Notifications, none new" : unread === 1 ? " new notification" : " new notifications";
  const shown = unread === 0 ? words : document.createElement("span");
  if (unread > 0) {
    shown.className = "px-count";
    shown.append(String(unread), words);
  }
  bell.querySelector(":scope > span")?.remove();
  bell.append(shown);
}
