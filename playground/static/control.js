// Talking to the control API; what it refuses is thrown as an error with its one line.

/** Asks the control API. */
export async function get(verb, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const response = await fetch(`/control/${verb}?${new URLSearchParams(given)}`);
  const body = await response.json();
  if (!response.ok) throw new Error(body.error);
  return body;
}

/** Tells the control API to do something. */
export async function send(verb, values) {
  const response = await fetch(`/control/${verb}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(values),
  });
  const body = await response.json();
  if (!response.ok) throw new Error(body.error);
  return body;
}
