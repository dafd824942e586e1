/* A wide table or a long line of code in a post scrolls sideways: the keyboard must reach it to do so. */

const SCROLLING = ".px-post__body table, .px-post__body pre";

function mark(element) {
  const scrolls = element.scrollWidth > element.clientWidth;
  if (scrolls) element.tabIndex = 0;
  else element.removeAttribute("tabindex");
}

/** Give a stop of the Tab key to whatever scrolls in a post, now, when its width changes, and in posts that arrive. */
export function reachScrollers() {
  const widths = new ResizeObserver((entries) => entries.forEach(({ target }) => mark(target)));
  const watch = (root) => root.querySelectorAll(SCROLLING).forEach((element) => widths.observe(element));
  watch(document);
  const posts = document.getElementById("posts");
  if (!posts) return;
  new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach((node) => {
    if (node.nodeType === Node.ELEMENT_NODE) watch(node);
  }))).observe(posts, { childList: true });
}
