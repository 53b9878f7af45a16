// Keeps a page that is open as true as one that was just made. Everything works without this file.
// The server only says "changed"; the page then fetches itself and swaps the parts marked `data-swap` whose
// HTML differs: scroll, focus, open details and open dialogs stay as they are.

const SHORTEST_MS = 700, IDLE_MS = 30_000, BUSY_MS = 5_000, TICK_MS = 1_000;
document.documentElement.classList.add("script");

const known = new Map(); // id → HTML as the server last sent it
for (const part of document.querySelectorAll("[data-swap]")) known.set(part.id, part.outerHTML);

function swap(fresh) {
  for (const next of fresh.querySelectorAll("[data-swap]")) {
    const now = document.getElementById(next.id);
    if (!now || known.get(next.id) === next.outerHTML) continue;
    if (now.querySelector("dialog:modal")) continue; // somebody is writing in it; the next fetch comes soon
    known.set(next.id, next.outerHTML);
    const opened = new Map([...now.querySelectorAll("details[id]")].map((each) => [each.id, each.open]));
    const kept = new Map([...now.querySelectorAll("details[id]")].map((each) => [each.id, each.dataset.kept]));
    const scrolled = new Map([...now.querySelectorAll("pre[id]")].map((each) =>
      [each.id, each.scrollTop + each.clientHeight >= each.scrollHeight - 4 ? Infinity : each.scrollTop]));
    const lines = new Set([...now.querySelectorAll("li[id]")].map((each) => each.id));
    const ticked = new Set([...now.querySelectorAll("input.pick:checked")].map((each) => each.name));
    const focus = now.contains(document.activeElement) ? document.activeElement.id : "";
    now.replaceWith(next);
    for (const each of next.querySelectorAll("details[id]")) {
      // What the reader opened or closed stays so; what only the server opened follows the server.
      if (kept.get(each.id) !== undefined) { each.open = opened.get(each.id); each.dataset.kept = ""; }
      watch(each);
    }
    for (const each of next.querySelectorAll("pre[id]")) each.scrollTop = scrolled.get(each.id) ?? Infinity;
    if (lines.size) for (const each of next.querySelectorAll("li[id]")) if (!lines.has(each.id)) each.classList.add("new");
    for (const each of next.querySelectorAll("input.pick[name]")) each.checked = ticked.has(each.name);
    count(next);
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  }
  const main = fresh.getElementById("notice");
  if (main) { document.getElementById("notice")?.remove(); document.getElementById("main").prepend(main); }
}

// Boxes that choose alerts: one for all of the page, and acts that wait until something is chosen.
function count(root) {
  for (const form of root.querySelectorAll("form[data-picks]")) {
    const boxes = [...form.querySelectorAll("input.pick[name]")], all = form.querySelector("[data-pick-all]");
    const chosen = boxes.filter((each) => each.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && !all.checked;
    for (const each of form.querySelectorAll("button")) each.disabled = chosen === 0;
  }
}
document.addEventListener("change", (event) => {
  if (!event.target.matches("input.pick")) return;
  const form = event.target.form;
  if (event.target.matches("[data-pick-all]")) for (const each of form.querySelectorAll("input.pick[name]")) each.checked = event.target.checked;
  count(document);
});
count(document);
addEventListener("pageshow", () => count(document));

let fetching = false, again = false, last = 0, waiting = 0;
async function refresh() {
  if (fetching) { again = true; return; }
  fetching = true;
  try {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" }, credentials: "same-origin" });
    if (answer.redirected) { location.reload(); return; } // the session has ended
    if (answer.ok) swap(parse(await answer.text()));
    connected(answer.ok);
  } catch { connected(false); } finally {
    fetching = false; last = performance.now();
    if (again) { again = false; soon(); }
  }
}
function soon() {
  if (waiting) return;
  waiting = setTimeout(() => { waiting = 0; refresh(); }, Math.max(0, SHORTEST_MS - (performance.now() - last)));
}
const parse = (html) => new DOMParser().parseFromString(html, "text/html");
function connected(yes) { document.getElementById("connection").hidden = yes; }

// Server-sent events, with a slow beat beside them for whatever they might miss.
const page = document.body.dataset.live;
if (page) {
  let source;
  const listen = () => {
    source = new EventSource(`/live?page=${encodeURIComponent(page)}`);
    source.addEventListener("hello", () => { connected(true); soon(); });
    source.addEventListener("changed", soon);
    source.addEventListener("bye", () => location.reload());
    source.addEventListener("full", () => source.close());
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5_000); connected(false); };
  };
  listen();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
  setInterval(() => {
    const pause = document.querySelector(".run .current") ? BUSY_MS : IDLE_MS;
    if (!document.hidden && performance.now() - last > pause) soon();
  }, TICK_MS);
}

// Countdowns, in the digits the server uses.
function digits(seconds) {
  const whole = Math.floor(Math.abs(seconds)), two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor((whole % 3600) / 60);
  const text = hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  return (seconds <= -1 ? "−" : "") + text;
}
const skew = Date.parse(document.querySelector("meta[name=now]").content) - Date.now();
setInterval(() => {
  for (const each of document.querySelectorAll("time[data-due]")) {
    const left = (Date.parse(each.dataset.due) - Date.now() - skew) / 1000, text = digits(left);
    if (each.textContent !== text) each.textContent = text;
    if (left <= 0 && left > -1) soon();
  }
}, TICK_MS);

// Dialogs: a link that asks opens the dialog of the same page instead of the page with the form.
function open(dialog) {
  if (!dialog || dialog.matches(":modal")) return;
  dialog.removeAttribute("open");
  dialog.showModal();
  // Without a scroll: what has to be read stands above what has to be written.
  dialog.querySelector("input:not([type=hidden]), textarea, select")?.focus({ preventScroll: true });
}
for (const each of document.querySelectorAll("dialog[open]")) open(each);
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener && !event.ctrlKey && !event.metaKey) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog) { event.preventDefault(); opener.closest("details.menu")?.removeAttribute("open"); open(dialog); }
  }
  const closer = event.target.closest("[data-close]");
  if (closer?.closest("dialog")) { event.preventDefault(); closer.closest("dialog").close(); soon(); }
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// Forms of an act: sent in the background, so that the page stays where it is.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-live-form]")) return;
  event.preventDefault();
  const buttons = form.querySelectorAll("button");
  const body = new URLSearchParams(new FormData(form, event.submitter));
  for (const each of buttons) each.disabled = true;
  const problem = form.querySelector(".problem");
  try {
    const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
    const fresh = parse(await answer.text());
    if (answer.ok) {
      const there = new URL(answer.url).pathname;
      if (there !== location.pathname) { location.assign(there); return; }
      form.closest("dialog")?.close();
      form.reset();
      swap(fresh);
    } else {
      const text = fresh.getElementById("error-text")?.textContent.trim() ?? `${answer.status}`;
      say(problem ?? document.getElementById("problem"), text);
    }
  } catch { connected(false); } finally { for (const each of buttons) each.disabled = false; }
});

function say(where, text) { where.textContent = `✕ ${text}`; where.hidden = false; where.scrollIntoView({ block: "nearest" }); }

// What a reader opened or closed by hand is theirs.
function watch(details) {
  details.querySelector("summary")?.addEventListener("click", () => { details.dataset.kept = ""; });
}
for (const each of document.querySelectorAll("details[id]")) watch(each);
for (const each of document.querySelectorAll("pre.output")) each.scrollTop = each.scrollHeight;

// Keys: `g i` goes, `a` acknowledges, `/` searches, `?` shows them.
let before = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  if (event.key === "?") { event.preventDefault(); open(document.getElementById("keys")); return; }
  const pressed = before === "g" ? `g ${event.key}` : event.key;
  before = event.key === "g" && before !== "g" ? "g" : "";
  if (before) { setTimeout(() => { before = ""; }, 1_500); return; }
  const target = document.querySelector(`[data-key="${CSS.escape(pressed)}"]`);
  if (!target) { if (pressed === "/" && document.querySelector("nav")) location.assign("/runbooks"); return; }
  event.preventDefault();
  if (target.matches("input, select")) target.focus(); else target.click();
});
