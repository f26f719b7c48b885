// Slack's mrkdwn and the Markdown of markdown blocks, as elements.

import { el, link } from "./dom.js";

const EMOJI = {
  wave: "👋", "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", eyes: "👀", tada: "🎉",
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", bulb: "💡", smile: "😄",
  slightly_smiling_face: "🙂", thinking_face: "🤔", heart: "❤️", fire: "🔥", rocket: "🚀",
  question: "❓", exclamation: "❗", mag: "🔍", book: "📖", books: "📚", speech_balloon: "💬",
  pray: "🙏", raised_hands: "🙌", point_right: "👉", point_down: "👇", memo: "📝", gear: "⚙️",
  hourglass_flowing_sand: "⏳", robot_face: "🤖", information_source: "ℹ️", link: "🔗",
  chart_with_upwards_trend: "📈", bar_chart: "📊", pencil2: "✏️", wastebasket: "🗑️",
  ok_hand: "👌", clap: "👏", sparkles: "✨", star: "⭐", lock: "🔒", key: "🔑", clock1: "🕐",
  large_green_circle: "🟢", large_yellow_circle: "🟡", red_circle: "🔴", no_entry: "⛔",
};

/** An emoji by its name; an unknown one keeps its name. */
export function emoji(name) {
  const found = EMOJI[name];
  return found
    ? el("span", { role: "img", title: `:${name}:`, "aria-label": name }, found)
    : document.createTextNode(`:${name}:`);
}

/** Text as it was typed, before Slack escaped it. */
export function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Text with nothing in it but emoji. */
export function plain(text, withEmoji = true) {
  if (!withEmoji) return [document.createTextNode(text)];
  return text.split(/(:[a-z0-9_+'-]+:)/).map((piece, index) =>
    index % 2 ? emoji(piece.slice(1, -1)) : piece
  );
}

function token(body, names) {
  const [target, label] = body.split(/\|(.*)/s);
  if (target.startsWith("@")) return mention("@" + (names.user(target.slice(1)) ?? label ?? target.slice(1)));
  if (target.startsWith("#")) return mention("#" + (label || names.channel(target.slice(1)) || target.slice(1)));
  if (target.startsWith("!date^")) return document.createTextNode(unescape(label ?? target));
  if (target.startsWith("!subteam^")) return mention("@" + (label ?? "group").replace(/^@/, ""));
  if (target.startsWith("!")) return mention("@" + target.slice(1));
  return link(unescape(target), unescape(label ?? target));
}

/** A mention, as a small label. */
export function mention(text) {
  return el("span", { class: "mention" }, text);
}

const STYLES = [
  [/^\*(?!\s)([^\n*]+?)\*(?![\p{L}\p{N}])/u, "strong"],
  [/^_(?!\s)([^\n_]+?)_(?![\p{L}\p{N}])/u, "em"],
  [/^~(?!\s)([^\n~]+?)~(?![\p{L}\p{N}])/u, "s"],
];

function inline(text, names) {
  const out = [];
  let buffer = "";
  let previous = "";
  const flush = () => {
    if (buffer) out.push(...plain(unescape(buffer)));
    buffer = "";
  };
  for (let i = 0; i < text.length; ) {
    const rest = text.slice(i);
    let match = /^`([^`\n]+)`/.exec(rest);
    if (match) {
      flush();
      out.push(el("code", {}, unescape(match[1])));
    } else if ((match = /^<([^<>\n]+)>/.exec(rest))) {
      flush();
      out.push(token(match[1], names));
    } else if ((match = /^:[a-z0-9_+'-]+:/.exec(rest))) {
      // Whole, so that the underscores in it are no italics.
      buffer += match[0];
    } else if (!/[\p{L}\p{N}]/u.test(previous)) {
      for (const [pattern, tag] of STYLES) {
        match = pattern.exec(rest);
        if (match) {
          flush();
          out.push(el(tag, {}, ...inline(match[1], names)));
          break;
        }
      }
    }
    const step = match ? match[0].length : 1;
    if (!match) buffer += text[i];
    previous = text[i + step - 1];
    i += step;
  }
  flush();
  return out;
}

/** Slack's mrkdwn. */
export function mrkdwn(text, names) {
  const parts = text.split(/```([\s\S]*?)```/);
  return parts.flatMap((part, index) => {
    if (index % 2) return [el("pre", {}, unescape(part.replace(/^\n|\n$/g, "")))];
    return quotes(part, names);
  });
}

function quotes(text, names) {
  const out = [];
  let quoted = [];
  let lines = [];
  const endQuote = () => {
    if (quoted.length) out.push(el("blockquote", {}, ...withBreaks(quoted, names)));
    quoted = [];
  };
  const endLines = () => {
    if (lines.length) out.push(...withBreaks(lines, names));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const match = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (match) {
      endLines();
      quoted.push(match[1]);
    } else {
      endQuote();
      lines.push(line);
    }
  }
  endQuote();
  endLines();
  return out;
}

function withBreaks(lines, names) {
  return lines.flatMap((line, index) => [
    ...(index ? [el("br")] : []),
    ...inline(line, names),
  ]);
}

// -- Markdown ---------------------------------------------------------------------------

function mdInline(text) {
  const pattern =
    /(`[^`]+`)|(\*\*[^*]+\*\*)|(\*[^*\s][^*]*\*)|(_[^_\s][^_]*_)|(~~[^~]+~~)|(\[[^\]]+\]\([^)\s]+\))|(https?:\/\/[^\s<>)]+)/g;
  const out = [];
  let position = 0;
  for (const match of text.matchAll(pattern)) {
    out.push(...plain(text.slice(position, match.index)));
    const piece = match[0];
    if (match[1]) out.push(el("code", {}, piece.slice(1, -1)));
    else if (match[2]) out.push(el("strong", {}, ...mdInline(piece.slice(2, -2))));
    else if (match[3] || match[4]) out.push(el("em", {}, ...mdInline(piece.slice(1, -1))));
    else if (match[5]) out.push(el("s", {}, ...mdInline(piece.slice(2, -2))));
    else if (match[6]) {
      const [, label, url] = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(piece);
      out.push(link(url, label));
    } else out.push(link(piece, piece));
    position = match.index + piece.length;
  }
  out.push(...plain(text.slice(position)));
  return out;
}

/** The Markdown of a markdown block: headings, lists, quotes, code, links and emphasis. */
export function markdown(text) {
  const out = [];
  const lines = text.split("\n");
  let paragraph = [];
  const flush = () => {
    if (paragraph.length)
      out.push(el("p", {}, ...paragraph.flatMap((l, i) => [...(i ? [el("br")] : []), ...mdInline(l)])));
    paragraph = [];
  };
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i];
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const item = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/.exec(line);
    if (line.startsWith("```")) {
      flush();
      const code = [];
      for (i += 1; i < lines.length && !lines[i].startsWith("```"); i += 1) code.push(lines[i]);
      out.push(el("pre", {}, code.join("\n")));
    } else if (heading) {
      flush();
      out.push(el("p", { class: "heading" }, el("strong", {}, ...mdInline(heading[2]))));
    } else if (item) {
      flush();
      const tag = item[1] ? "OL" : "UL";
      let list = out.at(-1);
      if (list?.tagName !== tag) {
        list = el(tag);
        out.push(list);
      }
      list.append(el("li", {}, ...mdInline(item[2])));
    } else if (/^>\s?/.test(line)) {
      flush();
      out.push(el("blockquote", {}, ...mdInline(line.replace(/^>\s?/, ""))));
    } else if (/^(-{3,}|\*{3,})$/.test(line.trim())) {
      flush();
      out.push(el("hr"));
    } else if (!line.trim()) flush();
    else paragraph.push(line);
  }
  flush();
  return out;
}
