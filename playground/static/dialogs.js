// Dialogs that ask a person for a line of text, or whether they are sure.

import { $, el } from "./dom.js";
import { mrkdwn } from "./text.js";

/** Asks for a line of text; null if it is not given. */
export function ask(title, value = "") {
  const box = $("ask");
  const input = el("input", { type: "text", value, "aria-label": title });
  return new Promise((resolve) => {
    box.onclose = () => resolve(box.returnValue === "ok" ? input.value.trim() || null : null);
    box.replaceChildren(el("form", { method: "dialog" },
      el("h2", {}, title), input,
      el("div", { class: "buttons" },
        el("button", { type: "submit", value: "cancel", class: "element", formNoValidate: true }, "Cancel"),
        el("button", { type: "submit", value: "ok", class: "element primary" }, "OK"))));
    input.onkeydown = (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      box.close("ok");
    };
    box.returnValue = "";
    box.showModal();
    input.select();
  });
}

/** A button's own "are you sure?". */
export function confirm(dialog, names) {
  const box = $("ask");
  return new Promise((resolve) => {
    box.onclose = () => resolve(box.returnValue === "ok");
    box.replaceChildren(el("form", { method: "dialog" },
      el("h2", {}, dialog.title.text),
      el("p", {}, dialog.text.type === "mrkdwn" ? mrkdwn(dialog.text.text, names) : dialog.text.text),
      el("div", { class: "buttons" },
        el("button", { type: "submit", value: "cancel", class: "element" }, dialog.deny.text),
        el("button", { type: "submit", value: "ok", class: `element ${dialog.style ?? "primary"}` }, dialog.confirm.text))));
    box.returnValue = "";
    box.showModal();
  });
}
