/* Replying without leaving the page: the form's own address and key, so that a lost answer posts nothing twice. */

/** Send ``form`` in the background; whatever is not a plain success is the form's own, ordinary sending. */
export function sendReplies(form, live, csrf) {
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented || form.dataset.plain || hasFiles(form) || !live.socket.connected) return;
    event.preventDefault();
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    const button = form.querySelector('button[type="submit"]');
    button.setAttribute("aria-disabled", "true");
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new FormData(form), redirect: "manual", headers: { "X-CSRFToken": csrf },
      });
      if (answer.type !== "opaqueredirect" && !answer.redirected) throw new Error(`refused: ${answer.status}`);
      await live.join(); // brings one's own post, if the hub has not done so already
      await renew(form, live);
    } catch {
      // The server's own page says what is wrong, with everything typed; the same key posts nothing twice.
      form.dataset.plain = "yes";
      delete form.dataset.sent;
      form.requestSubmit();
    } finally {
      delete form.dataset.sending;
      button.removeAttribute("aria-disabled");
    }
  });
}

function hasFiles(form) {
  return [...form.querySelectorAll('input[type="file"]')].some((input) => input.files.length);
}

/** A sign-in that ended answers with a redirect too: look at a fresh page before the text is let go. */
async function renew(form, live) {
  const answer = await fetch(location.pathname, { cache: "no-store", redirect: "error" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("form[data-composer][data-thread] input[name=key]");
  const posted = Number(page.getElementById("posts")?.dataset.change) >= live.seq;
  if (!answer.ok || !fresh || !posted) throw new Error("no fresh form");
  form.elements.key.value = fresh.value;
  form.elements.body.value = "";
  if (form.elements.reply_to) form.elements.reply_to.value = "";
  const answering = form.querySelector("[data-answering]");
  if (answering) answering.hidden = true;
  form.dispatchEvent(new CustomEvent("portal:posted", { bubbles: true }));
  form.elements.body.focus({ preventScroll: true });
}
