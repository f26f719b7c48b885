// Block Kit as elements. `context` has the names of people and channels (`names`), the
// people and channels to choose from, and `act(element, block, value)` for what is done.

import { confirm } from "./dialogs.js";
import { el, link } from "./dom.js";
import { emoji, markdown, mention, mrkdwn, plain } from "./text.js";

/** The blocks of a message or view. */
export function renderBlocks(blocks, context) {
  return blocks.map((block) => {
    const render = BLOCKS[block.type] ?? unknown;
    const node = render(block, context);
    node.classList.add("block");
    return node;
  });
}

/** A text object. */
export function text(object, context) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text, context.names);
  return object.text
    .split("\n")
    .flatMap((line, index) => [...(index ? [el("br")] : []), ...plain(line, object.emoji !== false)]);
}

function image(block, className) {
  // Pictures are not fetched: the page works offline and asks no other server for anything.
  return el("span", { class: className, role: "img", "aria-label": block.alt_text, title: block.image_url ?? "" },
    `🖼 ${block.alt_text}`);
}

const BLOCKS = {
  section: (block, context) =>
    el("div", { class: "section" },
      el("div", {},
        block.text && el("div", {}, text(block.text, context)),
        block.fields && el("div", { class: "fields" }, block.fields.map((field) => el("div", {}, text(field, context))))),
      block.accessory && el("div", { class: "accessory" }, element(block.accessory, block, context))),
  header: (block, context) => el("h3", {}, text(block.text, context)),
  divider: () => el("hr"),
  context: (block, context) =>
    el("div", { class: "context" }, block.elements.map((entry) =>
      entry.type === "image" ? image(entry, "icon") : el("span", {}, text(entry, context)))),
  actions: (block, context) =>
    el("div", { class: "actions" }, block.elements.map((entry) => element(entry, block, context))),
  context_actions: (block, context) =>
    el("div", { class: "actions small" }, block.elements.map((entry) => element(entry, block, context))),
  image: (block, context) =>
    el("figure", {}, block.title && el("figcaption", {}, text(block.title, context)), image(block, "picture")),
  video: (block, context) =>
    el("figure", {}, el("figcaption", {}, text(block.title, context)), image(block, "picture")),
  markdown: (block) => el("div", { class: "markdown" }, markdown(block.text)),
  rich_text: (block, context) => el("div", {}, block.elements.map((entry) => rich(entry, context))),
  input: (block, context) => {
    const id = `${block.block_id}-${block.element.action_id}`;
    const error = context.errors?.[block.block_id];
    return el("div", { class: "input" },
      el("label", { htmlFor: id }, text(block.label, context), block.optional && el("span", { class: "muted" }, " (optional)")),
      element(block.element, block, context, id),
      block.hint && el("p", { class: "muted" }, text(block.hint, context)),
      error && el("p", { class: "error", role: "alert" }, error));
  },
  table: (block, context) =>
    el("table", {}, block.rows.map((row) => el("tr", {}, row.map((cell) =>
      el("td", {}, cell.type === "rich_text" ? cell.elements.map((entry) => rich(entry, context)) : cell.text ?? ""))))),
};

function unknown(block) {
  return el("p", { class: "muted" }, `[${block.type} block]`);
}

// -- rich text ----------------------------------------------------------------------------

function rich(part, context) {
  const children = () => part.elements.map((entry) => richElement(entry, context));
  if (part.type === "rich_text_list")
    return el(part.style === "ordered" ? "ol" : "ul", { class: `indent-${part.indent ?? 0}` },
      part.elements.map((item) => el("li", {}, item.elements.map((entry) => richElement(entry, context)))));
  if (part.type === "rich_text_preformatted") return el("pre", {}, children());
  if (part.type === "rich_text_quote") return el("blockquote", {}, children());
  return el("div", { class: "rich" }, children());
}

function richElement(entry, context) {
  let node;
  if (entry.type === "text") node = el("span", {}, entry.text);
  else if (entry.type === "emoji") node = emoji(entry.name);
  else if (entry.type === "user") node = mention("@" + (context.names.user(entry.user_id) ?? entry.user_id));
  else if (entry.type === "channel") node = mention("#" + (context.names.channel(entry.channel_id) ?? entry.channel_id));
  else if (entry.type === "usergroup") node = mention("@" + entry.usergroup_id);
  else if (entry.type === "broadcast") node = mention("@" + entry.range);
  else if (entry.type === "link") node = link(entry.url, entry.text || entry.url);
  else node = el("span", { class: "muted" }, `[${entry.type}]`);
  for (const [style, tag] of [["code", "code"], ["strike", "s"], ["italic", "em"], ["bold", "strong"]])
    if (entry.style?.[style]) node = el(tag, {}, node);
  return node;
}

// -- elements -----------------------------------------------------------------------------

/** An interactive element. `id` ties it to its label. */
function element(entry, block, context, id) {
  const render = ELEMENTS[entry.type];
  if (!render) return el("span", { class: "muted" }, `[${entry.type}]`);
  const node = render(entry, block, context);
  if (id) (node.matches("input, select, textarea") ? node : node.querySelector("input, select") ?? node).id = id;
  node.dataset.action = entry.action_id;
  return node;
}

function picked(entry, block, context) {
  return context.state?.[block.block_id]?.[entry.action_id];
}

async function confirmed(entry, context) {
  return !entry.confirm || confirm(entry.confirm, context.names);
}

function button(entry, block, context, className = "") {
  return el("button", {
    type: "button",
    class: `element ${entry.style ?? ""} ${className}`,
    "aria-label": entry.accessibility_label,
    onclick: async () => {
      if (!(await confirmed(entry, context))) return;
      if (entry.url) window.open(entry.url, "_blank", "noopener,noreferrer");
      context.act(entry, block, entry.value ?? null);
    },
  }, text(entry.text, context));
}

function choices(entry) {
  return [
    ...(entry.options ?? []).map((option) => [null, option]),
    ...(entry.option_groups ?? []).flatMap((group) => group.options.map((option) => [group.label.text, option])),
  ].map(([group, option]) => ({ group, value: option.value, label: option.text.text }));
}

function select(entry, block, context, options, current, multiple) {
  const wanted = [current].flat();
  const groups = new Map();
  const node = el("select", { class: "element", multiple, "aria-label": entry.placeholder?.text ?? entry.action_id });
  if (!multiple) node.append(el("option", { value: "" }, entry.placeholder?.text ?? "Choose…"));
  for (const { group, value, label } of options) {
    const option = el("option", { value, selected: wanted.includes(value) }, label);
    if (!group) node.append(option);
    else {
      if (!groups.has(group)) {
        groups.set(group, el("optgroup", { label: group }));
        node.append(groups.get(group));
      }
      groups.get(group).append(option);
    }
  }
  node.addEventListener("change", async () => {
    if (!(await confirmed(entry, context))) return;
    const chosen = [...node.selectedOptions].map((option) => option.value).filter(Boolean);
    context.act(entry, block, multiple ? chosen : chosen[0] ?? null);
  });
  return node;
}

function people(context) {
  return context.users.map((user) => ({ value: user.id, label: user.real_name }));
}

function places(context) {
  return context.channels
    .filter((channel) => channel.kind !== "im")
    .map((channel) => ({ value: channel.id, label: `#${channel.name}` }));
}

function typed(tag, properties, start) {
  return (entry, block, context) => {
    const current = picked(entry, block, context)?.[start] ?? "";
    const node = el(entry.multiline ? "textarea" : tag, {
      ...(entry.multiline ? {} : properties),
      value: current,
      placeholder: entry.placeholder?.text ?? "",
      maxLength: entry.max_length ?? 3000,
      rows: entry.multiline ? 5 : undefined,
    });
    node.addEventListener("change", () => context.change(entry, block, node.value || null));
    return node;
  };
}

function picker(type, field) {
  return (entry, block, context) => {
    const node = el("input", { type, class: "element", value: picked(entry, block, context)?.[field] ?? "" });
    node.addEventListener("change", () => context.act(entry, block, node.value || null));
    return node;
  };
}

function boxes(type) {
  return (entry, block, context) => {
    const state = picked(entry, block, context) ?? {};
    const on = [state.selected_options ?? state.selected_option ?? []].flat().map((option) => option.value);
    const name = `${block.block_id}-${entry.action_id}`;
    const node = el("div", { class: "boxes" }, entry.options.map((option) =>
      el("label", {},
        el("input", { type, name, value: option.value, checked: on.includes(option.value) }),
        " ", text(option.text, context),
        option.description && el("span", { class: "muted" }, " ", text(option.description, context)))));
    node.addEventListener("change", () => {
      const chosen = [...node.querySelectorAll("input:checked")].map((box) => box.value);
      context.act(entry, block, type === "radio" ? chosen[0] ?? null : chosen);
    });
    return node;
  };
}

const ELEMENTS = {
  button: (entry, block, context) => button(entry, block, context),
  workflow_button: (entry, block, context) => button(entry, block, context),
  icon_button: (entry, block, context) => button(entry, block, context, "icon"),
  feedback_buttons: (entry, block, context) =>
    el("span", { class: "feedback" }, ["positive_button", "negative_button"].map((name) =>
      el("button", {
        type: "button",
        class: "element",
        title: entry[name].text.text,
        "aria-label": entry[name].accessibility_label ?? entry[name].text.text,
        onclick: () => context.act(entry, block, entry[name].value),
      }, name === "positive_button" ? "👍" : "👎"))),
  overflow: (entry, block, context) => {
    const node = select({ ...entry, placeholder: { text: "⋯" } }, block, context, choices(entry), null, false);
    node.setAttribute("aria-label", "More");
    return node;
  },
  static_select: (entry, block, context) =>
    select(entry, block, context, choices(entry), picked(entry, block, context)?.selected_option?.value, false),
  multi_static_select: (entry, block, context) =>
    select(entry, block, context, choices(entry),
      (picked(entry, block, context)?.selected_options ?? []).map((option) => option.value), true),
  users_select: (entry, block, context) =>
    select(entry, block, context, people(context), picked(entry, block, context)?.selected_user, false),
  multi_users_select: (entry, block, context) =>
    select(entry, block, context, people(context), picked(entry, block, context)?.selected_users ?? [], true),
  channels_select: (entry, block, context) =>
    select(entry, block, context, places(context), picked(entry, block, context)?.selected_channel, false),
  multi_channels_select: (entry, block, context) =>
    select(entry, block, context, places(context), picked(entry, block, context)?.selected_channels ?? [], true),
  conversations_select: (entry, block, context) =>
    select(entry, block, context, places(context), picked(entry, block, context)?.selected_conversation, false),
  multi_conversations_select: (entry, block, context) =>
    select(entry, block, context, places(context), picked(entry, block, context)?.selected_conversations ?? [], true),
  external_select: typed("input", { type: "text" }, "none"),
  plain_text_input: typed("input", { type: "text" }, "value"),
  email_text_input: typed("input", { type: "email" }, "value"),
  url_text_input: typed("input", { type: "url" }, "value"),
  number_input: typed("input", { type: "number", step: "any" }, "value"),
  checkboxes: boxes("checkbox"),
  radio_buttons: boxes("radio"),
  datepicker: picker("date", "selected_date"),
  timepicker: picker("time", "selected_time"),
};
