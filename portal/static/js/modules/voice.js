/* What the page says of itself: the pill, the polite voice, who is here, who writes, and that reading has ended. */

const find = (name) => document.querySelector(`[${name}]`);
const posts = (number) => (number === 1 ? "1 new post" : `${number} new posts`);

function show(box, words, text) {
  if (box && words) {
    words.textContent = text;
    box.hidden = !text;
  }
}

export class Voice {
  constructor() {
    this.pillBox = find("data-pill");
    this.pillBox?.querySelector("a")?.addEventListener("click", () => { this.pillBox.hidden = true; });
  }

  say(text) {
    const voice = find("data-voice");
    if (voice) voice.textContent = text;
  }

  newPosts(number) {
    this.say(posts(number));
  }

  pill(number, target) {
    show(this.pillBox, find("data-pill-words"), number ? posts(number) : "");
    if (number && target) this.pillBox?.querySelector("a")?.setAttribute("href", `#${target}`);
  }

  /** New posts that stand on a later page of the thread. */
  elsewhere() {
    show(this.pillBox, find("data-pill-words"), "New posts");
    const thread = document.getElementById("posts").dataset.thread;
    this.pillBox?.querySelector("a")?.setAttribute("href", `/threads/${thread}/unread`);
  }

  /** So much has happened that the page is best loaded again; the text being written stays until then. */
  stale() {
    show(this.pillBox, find("data-pill-words"), "Much has changed here. Show it");
    this.pillBox?.querySelector("a")?.setAttribute("href", location.pathname);
    this.say("Much has changed here.");
  }

  /** The head of the thread (its title, whether it is pinned or locked) is fetched for this reader. */
  async threadChanged() {
    clearTimeout(this.asking);
    this.asking = setTimeout(async () => {
      try {
        const answer = await fetch(location.pathname, { headers: { Accept: "text/html" }, cache: "no-store" });
        if (!answer.ok) return;
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const here = document.querySelector(".px-top--thread");
        const there = fresh.querySelector(".px-top--thread");
        if (here && there && !here.contains(document.activeElement)) here.replaceWith(document.adoptNode(there));
        if (!document.querySelector("form[data-composer]") !== !fresh.querySelector("form[data-composer]")) this.stale();
      } catch { /* the next change asks again */ }
    }, 300);
  }

  present(names) {
    show(find("data-presence-here"), find("data-presence-names"), names?.length ? `Here now: ${names.join(", ")}` : "");
  }

  typing(names) {
    const text = names.length ? `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} writing` : "";
    show(find("data-presence-typing"), find("data-typing-words"), text);
  }

  signedOut() {
    this.say("You are signed out. Sign in again in another tab; what you typed stays here.");
  }

  /** The right has ended: nothing of the thread stays on the page. */
  removed() {
    const main = document.querySelector("main");
    const heading = document.createElement("h1");
    heading.className = "px-title";
    heading.tabIndex = -1;
    heading.textContent = "You can no longer read this";
    const words = document.createElement("p");
    words.textContent = "Your access to this discussion has ended, or the discussion is gone. ";
    const home = document.createElement("a");
    home.className = "govuk-link";
    home.href = "/";
    home.textContent = "Go to Home";
    words.append(home);
    main.replaceChildren(heading, words);
    document.title = "You can no longer read this – ICS Exchange";
    heading.focus();
  }
}
