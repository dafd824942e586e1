/* The thread page, live: what others do appears, what one missed is caught up, and nothing jumps.

   Without this script the page works by reload. Every change of a thread has a number; a change is shown if its number
   is the next, else the page asks for what it missed. HTML comes finished from the server, the same as on a reload. */
import { io } from "socket.io-client";
import { ring } from "./bell.js";
import { Posts } from "./posts.js";
import { Voice } from "./voice.js";
import { sendReplies } from "./reply.js";

const MINUTE = 60000;
const READ_AFTER = 1500; // a post in view for so long has been read
const TYPING_EVERY = 3000;
const TYPING_SHOWN = 6000;
const ENDED = "io server disconnect";
const PATIENCE = 4000; // for the first connection

const list = document.getElementById("posts");
const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

class Live {
  constructor(root) {
    this.thread = Number(root.dataset.thread);
    this.seq = Number(root.dataset.change);
    this.voice = new Voice();
    this.posts = new Posts(root, this.voice);
    this.waiting = []; // changes that came while a join was under way
    this.joining = false;
    this.refused = false;
    this.typers = new Map();
    const transports = "WebSocket" in window ? ["websocket", "polling"] : ["polling"];
    this.socket = io({ path: "/socket.io", transports, tryAllTransports: true });
    this.socket.on("connect", () => this.join());
    this.socket.on("disconnect", (reason) => this.ended(reason));
    this.socket.on("connect_error", (error) => this.turnedAway(error));
    this.socket.on("thread:event", (event) => this.take(event));
    this.socket.on("thread:rejoin", ({ thread }) => thread === this.thread && this.join());
    this.socket.on("thread:present", ({ thread, present }) => thread === this.thread && this.voice.present(present));
    this.socket.on("thread:typing", ({ thread, authority }) => thread === this.thread && this.typing(authority));
    this.socket.on("inbox:changed", ({ unread }) => ring(unread));
    setTimeout(() => this.beginByPolling(), PATIENCE);
    setInterval(() => this.join(), MINUTE);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.join());
    window.addEventListener("online", () => this.socket.connect());
    window.addEventListener("pagehide", () => this.socket.disconnect());
    window.addEventListener("pageshow", (event) => event.persisted && this.socket.connect());
  }

  /** A proxy may take a WebSocket and then lose what is sent: begin by polling, and upgrade only if that works. */
  beginByPolling() {
    if (this.socket.connected || this.refused) return;
    this.socket.io.opts.transports = ["polling", "websocket"];
    this.socket.disconnect().connect();
  }

  /** Ask for a place and for what was missed; again is harmless. */
  async join() {
    if (this.joining || this.refused || !this.socket.connected) return;
    this.joining = true;
    let answer = null;
    try {
      answer = await this.socket.timeout(10000).emitWithAck("thread:join", { thread: this.thread, seq: this.seq });
    } catch {
      setTimeout(() => this.join(), 3000);
    }
    this.joining = false;
    const waited = this.waiting.splice(0);
    if (answer === null) return;
    if (!answer.ok) {
      this.notAllowed(answer.problem);
      return;
    }
    if (answer.reload) this.voice.stale();
    else for (const event of answer.missed) this.show(event);
    this.seq = Math.max(this.seq, answer.seq);
    this.voice.present(answer.present);
    this.posts.told();
    for (const event of waited) this.take(event);
  }

  take(event) {
    if (event.thread !== this.thread || event.seq <= this.seq) return;
    if (this.joining) {
      this.waiting.push(event);
    } else if (event.seq === this.seq + 1) {
      this.show(event);
      this.posts.told();
    } else {
      this.join();
    }
  }

  show(event) {
    if (event.seq <= this.seq) return;
    this.seq = event.seq;
    this.posts.apply(event);
    list.dataset.change = String(this.seq);
  }

  ended(reason) {
    // The server ends sockets when a right or a sign-in ends: come back soon and prove it anew.
    if (reason === ENDED && !this.refused) setTimeout(() => this.socket.connect(), 300 + Math.random() * 700);
  }

  turnedAway(error) {
    if (error?.data?.status === 401) {
      this.refused = true;
      this.socket.disconnect();
      this.voice.signedOut();
    } else if (error?.data?.status === 429) {
      setTimeout(() => this.socket.connect(), MINUTE);
    }
  }

  notAllowed(problem) {
    if (problem.status === 404) {
      this.refused = true;
      this.socket.disconnect();
      this.voice.removed();
    } else if (problem.status === 401) {
      this.socket.disconnect();
      this.socket.connect();
    } else {
      setTimeout(() => this.join(), 5000);
    }
  }

  typing(authority) {
    clearTimeout(this.typers.get(authority));
    this.typers.set(authority, setTimeout(() => {
      this.typers.delete(authority);
      this.voice.typing([...this.typers.keys()]);
    }, TYPING_SHOWN));
    this.voice.typing([...this.typers.keys()]);
  }

  /** Tell that one's authority writes; for a name that is not shown nothing is sent at all. */
  tellTyping(form) {
    let last = 0;
    form.elements.body?.addEventListener("input", () => {
      const attribution = form.elements.attribution?.value ?? "named";
      if (attribution !== "named" || Date.now() - last < TYPING_EVERY || !this.socket.connected) return;
      last = Date.now();
      this.socket.emit("thread:typing", { thread: this.thread, attribution });
    });
  }
}

/** Keep how far one has read: the last post that stood in view. */
function markRead(live) {
  let furthest = Number(list.dataset.read);
  let told = furthest;
  let timer = null;
  const send = () => {
    timer = null;
    if (furthest <= told || document.visibilityState !== "visible") return;
    told = furthest;
    const body = new URLSearchParams({ position: String(furthest) });
    fetch(`/threads/${live.thread}/read`, { method: "POST", body, headers: { "X-CSRFToken": csrf }, redirect: "manual", keepalive: true })
      .then(() => { list.dataset.read = String(told); })
      .catch(() => { told = 0; });
  };
  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) furthest = Math.max(furthest, Number(target.dataset.position) || 0);
    }
    if (furthest > told && timer === null) timer = setTimeout(send, READ_AFTER);
  }, { threshold: 0.25 });
  const watch = (node) => node.nodeType === Node.ELEMENT_NODE && node.matches("[data-position]") && watcher.observe(node);
  list.childNodes.forEach(watch);
  new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(watch))).observe(list, { childList: true });
  document.addEventListener("visibilitychange", send);
  const button = document.querySelector("[data-mark-read]");
  if (button) button.hidden = true;
}

if (list) {
  const live = new Live(list);
  markRead(live);
  const form = document.querySelector("form[data-composer][data-thread]");
  if (form) {
    live.tellTyping(form);
    sendReplies(form, live, csrf);
  }
}
