// Finding and making elements. Text always goes in as text, never as HTML.

/** The element with this id. */
export const $ = (id) => document.getElementById(id);

/** An element with properties and children; null and false children are left out. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child || child === 0 || child === ""));
  return node;
}

/** A link, if its address is one that is safe to open. */
export function link(url, ...children) {
  if (!/^(https?:|mailto:)/i.test(url)) return el("span", {}, ...children);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** Posts what is typed into a form; what could not be posted goes back into its field. */
export function composer(form, field, post) {
  const submit = async () => {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    if (!(await post(text)) && !field.value) field.value = text;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  });
}
