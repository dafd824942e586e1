/* The posts on the page: put in, changed and taken out by their id, without a jump and without losing the caret. */

const FAR = 160; // pixels below the window from which a new post is announced by the pill

export class Posts {
  constructor(list, voice) {
    this.list = list;
    this.voice = voice;
    this.fresh = 0; // new posts since the page was last told of them
    this.unseen = 0;
    addEventListener("scroll", () => this.atEnd() && this.seen(), { passive: true });
  }

  /** One change, in order. */
  apply({ kind, html, data }) {
    if (!data.post) {
      if (kind === "thread.changed" || kind.startsWith("thread.")) this.voice.threadChanged();
      return;
    }
    const old = this.list.querySelector(`[data-post="${CSS.escape(String(data.post))}"]`);
    if (data.gone) old?.remove();
    else if (!html) return; // a later change of the same post carries it
    else if (old && Number(old.dataset.position) === data.position) this.replace(old, html);
    else {
      old?.remove();
      this.insert(html, data, kind === "post.added");
    }
  }

  insert(html, data, isNew) {
    if (data.position < Number(this.list.dataset.start) || this.list.dataset.isLast !== "yes") {
      if (isNew && this.list.dataset.isLast !== "yes") this.voice.elsewhere();
      return;
    }
    const node = made(html);
    const others = [...this.list.querySelectorAll(":scope > [data-position]")];
    const after = others.find((other) => Number(other.dataset.position) > data.position);
    const same = others.find((other) => Number(other.dataset.position) === data.position);
    keepPlace(() => {
      if (same) same.replaceWith(node);
      else this.list.insertBefore(node, after ?? null);
    }, node);
    if (data.position > Number(this.list.dataset.lastPosition)) this.list.dataset.lastPosition = String(data.position);
    if (isNew) {
      this.fresh += 1;
      node.classList.add("px-arrived");
      if (!this.near(node)) this.unseen += 1;
    }
  }

  replace(old, html) {
    const node = made(html);
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const address = focused?.getAttribute("href");
    keepPlace(() => old.replaceWith(node), node);
    if (focused) {
      const again = [...node.querySelectorAll("a, button")].find((link) => link.getAttribute("href") === address);
      (again ?? node).focus({ preventScroll: true });
    }
  }

  near(node) {
    return node.getBoundingClientRect().top < innerHeight + FAR;
  }

  atEnd() {
    const last = this.list.lastElementChild;
    return !last || last.getBoundingClientRect().top < innerHeight;
  }

  seen() {
    if (!this.unseen) return;
    this.unseen = 0;
    this.voice.pill(0);
  }

  /** Speak once of all that came together. */
  told() {
    if (this.fresh) this.voice.newPosts(this.fresh);
    this.fresh = 0;
    const first = this.list.querySelector(":scope > .px-arrived:last-of-type");
    this.voice.pill(this.unseen, first?.id);
  }
}

function made(html) {
  const template = document.createElement("template");
  template.innerHTML = html; // cleaned by the server: the same HTML as on a reload
  return template.content.firstElementChild;
}

/** Change the page without moving what the reader looks at. */
function keepPlace(change, node) {
  const anchor = document.elementFromPoint(innerWidth / 2, Math.min(innerHeight / 2, 300));
  const before = anchor?.isConnected ? anchor.getBoundingClientRect().top : null;
  change();
  if (before === null || !anchor.isConnected || anchor === document.documentElement || anchor === document.body) return;
  if (node.compareDocumentPosition(anchor) & Node.DOCUMENT_POSITION_FOLLOWING) {
    const moved = anchor.getBoundingClientRect().top - before;
    if (Math.abs(moved) > 1) scrollBy({ top: moved, behavior: "instant" });
  }
}
