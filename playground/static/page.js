// The page: who I am, which channel and thread is open, and what they show.

import { renderBlocks } from "./blocks.js";
import { get, send } from "./control.js";
import { ask } from "./dialogs.js";
import { $, composer, el } from "./dom.js";
import { emoji, mrkdwn, unescape } from "./text.js";

const REACTIONS = ["+1", "white_check_mark", "eyes", "tada", "-1"];
const GROUP_SECONDS = 300;

let workspace = null;
let me = null;
let place = { kind: "channel", id: null }, shownPlace = "";
let threadTs = null;

/** Does something as me; what goes wrong is shown. */
async function act(verb, values) {
  notice("");
  try {
    const answer = await send(verb, { user: me.id, ...values });
    if (answer.state === "failed" && answer.kind === "interactive")
      notice("The app did not answer in time. Is it running?");
    return answer;
  } catch (error) {
    notice(error.message);
    return null;
  }
}

function notice(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}

const names = {
  user: (id) => workspace.users.find((user) => user.id === id)?.name,
  channel: (id) => workspace.channels.find((channel) => channel.id === id)?.name,
};

function currentChannel() {
  return workspace.channels.find((channel) => channel.id === place.id);
}

// -- sidebar ------------------------------------------------------------------------------

function renderSidebar() {
  const people = workspace.users.filter((user) => !user.is_bot);
  const who = $("who");
  const key = people.map((user) => user.id + user.name).join();
  if (who.dataset.key !== key) {
    who.dataset.key = key;
    who.replaceChildren(...people.map((user) =>
      el("option", { value: user.id }, `${user.real_name}${user.is_admin ? " (admin)" : ""}`)));
  }
  who.value = me?.id ?? "";
  const mine = workspace.channels.filter((c) => c.kind === "public" || (me && c.members.includes(me.id)));
  $("channels").replaceChildren(...mine.filter((c) => c.kind !== "im").map((channel) =>
    entry(`${channel.kind === "private" ? "🔒" : "#"} ${channel.name}`, { kind: "channel", id: channel.id })));
  const dm = mine.find((channel) => channel.kind === "im");
  const bot = workspace.users.find((user) => user.is_bot);
  $("app").replaceChildren(
    entry(`@ ${bot.name}`, { kind: "channel", id: dm?.id ?? "dm" }, openDm),
    entry("⌂ Home", { kind: "home", id: "home" }, openHome));
  const how = workspace.delivery === "http" ? "Delivering by HTTP" : workspace.connections
    ? `App connected (${workspace.connections})` : "No app is connected";
  $("status").textContent = how;
  $("status").classList.toggle("off", how.startsWith("No"));
}

function entry(label, target, open = () => go(target)) {
  const current = target.kind === place.kind && target.id === place.id;
  return el("li", {}, el("button", { type: "button", class: "plain", "aria-current": current ? "page" : null, onclick: open }, label));
}

async function openDm() {
  const dm = await act("dm", {});
  if (dm) {
    workspace = await get("workspace");
    go({ kind: "channel", id: dm.id });
  }
}

async function openHome() {
  go({ kind: "home", id: "home" });
  await act("home", { tab: "home" });
}

function go(target, thread = null) {
  place = target;
  threadTs = thread;
  location.hash = [me?.name ?? "", place.id ?? "", threadTs ?? ""].join("/");
  refresh();
}

// -- messages -----------------------------------------------------------------------------

/** Shows messages, touching only those that changed, and keeps to the end if it was there. */
function renderMessages(box, messages, inThread) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  const old = new Map([...box.children].map((node) => [node.dataset.key, node]));
  let previous = null;
  const nodes = messages.map((message) => {
    const grouped = previous && previous.user === message.user && !previous.ephemeral_to &&
      !message.ephemeral_to && message.ts - previous.ts < GROUP_SECONDS && !previous.subtype;
    previous = message;
    const key = JSON.stringify([message, grouped, me?.id, workspace.users.length]);
    if (old.has(key)) return old.get(key);
    const node = renderMessage(message, inThread, grouped);
    node.dataset.key = key;
    return node;
  });
  if (!nodes.length) nodes.push(el("p", { class: "empty muted" }, "No messages yet."));
  if (nodes.length !== box.children.length || nodes.some((node, i) => node !== box.children[i])) {
    box.replaceChildren(...nodes);
    if (atEnd) box.scrollTop = box.scrollHeight;
  }
}

function renderMessage(message, inThread, grouped) {
  const author = workspace.users.find((user) => user.id === message.user);
  const name = message.username ?? author?.real_name ?? message.user ?? "?";
  const bot = message.bot_id || message.user === "USLACKBOT";
  const system = ["channel_join", "group_join", "tombstone"].includes(message.subtype);
  const time = new Date(Number(message.ts) * 1000);
  const hue = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 8;
  return el("article", {
    class: `message ${grouped ? "grouped" : ""} ${message.ephemeral_to ? "ephemeral" : ""} ${system ? "system" : ""}`,
    "aria-label": `${name}, ${time.toLocaleTimeString()}`,
  },
    grouped ? null : el("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, [...name][0].toUpperCase()),
    el("div", { class: "body" },
      grouped ? null : el("p", { class: "head" },
        el("strong", {}, name), bot ? el("span", { class: "badge" }, "APP") : null,
        el("time", { dateTime: time.toISOString(), title: time.toLocaleString() },
          time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }))),
      message.ephemeral_to ? el("p", { class: "muted only" }, "👁 Only visible to you") : null,
      message.subtype === "thread_broadcast" && !inThread ? el("p", { class: "muted" }, "replied to a thread") : null,
      content(message),
      message.edited ? el("span", { class: "muted edited" }, "(edited)") : null,
      message.streaming_state ? el("span", { class: "muted" }, " ▍") : null,
      (message.files ?? []).map((file) => el("p", { class: "file" }, `📎 ${file.title || file.name}`)),
      reactions(message),
      !inThread && message.reply_count ? el("button", {
        type: "button", class: "plain replies", onclick: () => openThread(message.ts),
      }, `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`) : null),
    toolbar(message, inThread));
}

function content(message) {
  // What people typed comes as rich text; a message without blocks shows its text.
  return el("div", { class: "blocks" },
    message.blocks?.length
      ? renderBlocks(message.blocks, blockContext(message))
      : el("div", { class: "rich" }, mrkdwn(message.text, names)),
    (message.attachments ?? []).map((attachment) => el("div", { class: "attachment blocks" },
      renderBlocks(attachment.blocks ?? [], blockContext(message)),
      [attachment.title, attachment.text ?? attachment.fallback].filter(Boolean).map((part) =>
        el("div", { class: "rich" }, mrkdwn(String(part), names))))));
}

function blockContext(message) {
  const act_ = (entry, block, value) => act("act", {
    channel: message.channel, ts: message.ts, action_id: entry.action_id, block_id: block.block_id, value,
  });
  return { ...lists(), state: message.picks, act: act_, change: act_ };
}

function lists() {
  return { names, users: workspace.users.filter((user) => !user.is_bot), channels: workspace.channels };
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  return el("div", { class: "reactions" }, message.reactions.map((reaction) =>
    el("button", {
      type: "button",
      class: reaction.users.includes(me.id) ? "mine" : "",
      title: reaction.users.map((id) => names.user(id) ?? id).join(", "),
      onclick: () => act(reaction.users.includes(me.id) ? "unreact" : "react",
        { channel: message.channel, ts: message.ts, name: reaction.name }),
    }, emoji(reaction.name), ` ${reaction.count}`)));
}

function toolbar(message, inThread) {
  const at = { channel: message.channel, ts: message.ts };
  if (message.ephemeral_to)
    return el("div", { class: "toolbar" }, el("button", { type: "button", onclick: () => act("delete", at) }, "Dismiss"));
  const react = el("select", {
    "aria-label": "React",
    onchange: (event) => {
      act("react", { ...at, name: event.target.value });
      event.target.value = "";
    },
  }, el("option", { value: "" }, "🙂"), REACTIONS.map((name) => el("option", { value: name }, emoji(name).textContent)));
  const mine = message.user === me?.id;
  return el("div", { class: "toolbar" }, react,
    inThread ? null : el("button", { type: "button", onclick: () => openThread(message.thread_ts ?? message.ts) }, "Reply"),
    mine ? el("button", { type: "button", onclick: () => edit(message) }, "Edit") : null,
    mine || me?.is_admin ? el("button", { type: "button", onclick: () => act("delete", at) }, "Delete") : null);
}

async function edit(message) {
  const text = await ask("Edit message", unescape(message.text));
  if (text) act("edit", { channel: message.channel, ts: message.ts, text });
}

function openThread(ts) {
  go(place, ts);
  $("reply-text").focus();
}

// -- views --------------------------------------------------------------------------------

function viewContext(view, values) {
  const keep = (entry, block, value) => {
    (values[block.block_id] ??= {})[entry.action_id] = value;
  };
  return {
    ...lists(),
    state: view.state.values,
    errors: view.errors,
    change: (entry, block, value) => {
      keep(entry, block, value);
      if (block.dispatch_action) act("act", { view: view.id, action_id: entry.action_id, block_id: block.block_id, value });
    },
    act: (entry, block, value) => {
      if (block.type === "input" && !block.dispatch_action) keep(entry, block, value);
      else act("act", { view: view.id, action_id: entry.action_id, block_id: block.block_id, value });
    },
  };
}

function renderModal(view) {
  const box = $("modal");
  if (!view) {
    box.dataset.key = "";
    if (box.open) box.close();
    return;
  }
  const key = JSON.stringify([view.id, view.hash, view.errors]);
  if (box.dataset.key !== key) {
    // What was typed survives an error: it is filled in again.
    const values = box.dataset.view === `${view.id}${view.hash}` ? box.values : {};
    box.dataset.key = key;
    box.dataset.view = `${view.id}${view.hash}`;
    box.values = values;
    box.replaceChildren(modalForm(view, values));
  }
  if (!box.open) box.showModal();
}

function modalForm(view, values) {
  const submit = async (event) => {
    event.preventDefault();
    document.activeElement?.blur();
    await act("view/submit", { view: view.id, values });
  };
  return el("form", { onsubmit: submit },
    el("h2", { id: "modal-title" }, view.title.text),
    view.errors[""] ? el("p", { class: "error", role: "alert" }, view.errors[""]) : null,
    el("div", { class: "blocks" }, renderBlocks(view.blocks, viewContext(view, values))),
    el("div", { class: "buttons" },
      el("button", { type: "button", class: "element", onclick: () => act("view/close", { view: view.id }) }, view.close?.text ?? "Cancel"),
      view.submit ? el("button", { type: "submit", class: "element primary" }, view.submit.text) : null));
}

function renderHome(view) {
  const box = $("messages");
  const key = view ? JSON.stringify([view.id, view.hash]) : "none";
  if (box.firstChild?.dataset?.key === key) return;
  const node = view
    ? el("div", { class: "blocks home" }, renderBlocks(view.blocks, viewContext(view, {})))
    : el("p", { class: "empty muted" }, "The app has not published a home tab.");
  node.dataset.key = key;
  box.replaceChildren(node);
}

// -- all of it ----------------------------------------------------------------------------

let busy = false, again = false;

/** Fetches what is shown and shows it; calls that come meanwhile lead to one more round. */
async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    do {
      again = false;
      await load();
    } while (again);
  } catch (error) {
    notice(error.message);
  } finally {
    busy = false;
  }
}

async function load() {
  workspace = await get("workspace");
  const people = workspace.users.filter((user) => !user.is_bot);
  me = people.find((user) => user.id === me?.id) ?? people[0] ?? null;
  if (place.kind === "channel" && !currentChannel()) place.id = workspace.channels.find((c) => c.kind !== "im")?.id ?? null;
  renderSidebar();
  $("composer").hidden = place.kind === "home" || !place.id || !me;
  if (!me || !place.id) {
    $("title").textContent = "";
    $("messages").replaceChildren(el("p", { class: "empty muted" }, "Add a person and a channel to begin."));
    $("thread").hidden = true;
    return;
  }
  const views = await get("views", { user: me.id });
  renderModal(views.modals.at(-1));
  if (place.kind === "home") {
    $("title").textContent = "Home";
    $("join").hidden = true;
    $("thread").hidden = true;
    shownPlace = "home";
    renderHome(views.home);
    return;
  }
  await loadChannel();
}

async function loadChannel() {
  const channel = currentChannel();
  const bot = workspace.users.find((user) => user.is_bot);
  const title = channel.kind === "im" ? `@ ${bot.name}` : `${channel.kind === "private" ? "🔒" : "#"} ${channel.name}`;
  $("title").textContent = title;
  $("text").placeholder = `Message ${title}  (/command, @name)`;
  const missing = channel.kind !== "im" && !channel.members.includes(bot.id);
  $("join").hidden = !missing;
  $("join").textContent = `Invite @${bot.name}`;
  const { messages } = await get("messages", { channel: channel.id, user: me.id });
  if (shownPlace !== channel.id) {
    shownPlace = channel.id;
    $("messages").replaceChildren();
  }
  renderMessages($("messages"), messages, false);
  $("thread").hidden = !threadTs;
  if (!threadTs) return;
  const thread = await get("messages", { channel: channel.id, thread_ts: threadTs, user: me.id });
  renderMessages($("replies"), thread.messages, true);
  $("assistant").hidden = !thread.assistant?.status;
  $("assistant").textContent = thread.assistant?.status ? `${bot.name} ${thread.assistant.status}` : "";
}

composer($("composer"), $("text"), (text) => {
  const command = /^(\/[a-z0-9_-]+)(?:\s+([\s\S]*))?$/i.exec(text);
  if (command) return act("command", { channel: place.id, command: command[1], text: command[2] ?? "" });
  return act("post", { channel: place.id, text });
});
composer($("reply-composer"), $("reply-text"), (text) => act("post", { channel: place.id, text, thread_ts: threadTs }));

$("who").addEventListener("change", (event) => {
  me = workspace.users.find((user) => user.id === event.target.value);
  const mine = currentChannel()?.kind === "public" || currentChannel()?.members.includes(me.id);
  go(mine || place.kind === "home" ? place : { kind: "channel", id: null }, mine ? threadTs : null);
});
$("join").addEventListener("click", () => act("invite", { channel: place.id }));
$("close-thread").addEventListener("click", () => go(place));
$("add-person").addEventListener("click", async () => {
  const name = await ask("Name of the new person");
  if (name) await act("users", { name: name.toLowerCase().replace(/\s+/g, "."), real_name: name });
});
$("add-channel").addEventListener("click", async () => {
  const name = await ask("Name of the new channel");
  if (name) await act("channels", { name: name.toLowerCase().replace(/[\s#]+/g, "-") });
});
$("modal").addEventListener("cancel", (event) => {
  event.preventDefault();
  const view = $("modal").dataset.view;
  if (view) $("modal").querySelector(".buttons button[type=button]").click();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && threadTs && !$("modal").open && !$("ask").open) go(place);
});

async function begin() {
  const [who, where, thread] = decodeURIComponent(location.hash.slice(1)).split("/");
  workspace = await get("workspace");
  me = workspace.users.find((user) => user.name === who) ?? null;
  if (where === "home") place = { kind: "home", id: "home" };
  else if (where) place = { kind: "channel", id: where };
  threadTs = thread || null;
  await refresh();
  const stream = new EventSource("/control/stream");
  stream.onmessage = refresh;
  stream.onerror = () => {
    $("status").textContent = "The playground does not answer.";
    $("status").classList.add("off");
  };
}

begin();
