/* Files of a composer: chosen, dropped or pasted, sent at once with a bar of progress, kept as ids in the form. */

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

/** The list of a form's files; where the page has none, files go with the form itself. */
export function listOf(form) {
  return form.querySelector("[data-attachments]");
}

function refusal(request) {
  try {
    const problem = JSON.parse(request.responseText);
    return problem.errors?.[0]?.detail ?? problem.detail;
  } catch {
    return request.status === 413 ? "It is too large." : "It could not be sent. Try again.";
  }
}

/** Sends one file. ``done({number, filename, mime})`` is called when it is stored. */
export function upload(form, file, done = () => {}) {
  const list = listOf(form);
  if (!list) return;
  const row = list.appendChild(document.createElement("li"));
  const name = file.name || "picture.png";
  const words = row.appendChild(document.createElement("span"));
  words.textContent = `${name} `;
  const bar = row.appendChild(document.createElement("progress"));
  bar.max = 100;
  bar.setAttribute("aria-label", `Sending ${name}`);
  const state = row.appendChild(document.createElement("span"));
  state.className = "px-meta";
  state.setAttribute("role", "status");

  const data = new FormData();
  data.append("space", form.dataset.space ?? "");
  data.append("file", file, name);
  if (form.elements.invented?.checked) data.append("invented", "true");
  const request = new XMLHttpRequest();
  request.open("POST", "/api/v1/attachments");
  request.setRequestHeader("X-CSRFToken", token());
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Idempotency-Key", crypto.randomUUID());
  request.upload.onprogress = (event) => {
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
  };
  const finish = (text) => {
    bar.remove();
    state.textContent = text;
    const button = row.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = "px-linkbtn";
    button.append("Remove");
    const hidden = button.appendChild(document.createElement("span"));
    hidden.className = "px-vh";
    hidden.textContent = ` ${name}`;
    button.addEventListener("click", () => {
      row.remove();
      form.querySelector('[name="body"]')?.focus();
    });
  };
  request.onload = () => {
    if (request.status >= 300) return finish(refusal(request));
    const stored = JSON.parse(request.responseText);
    const field = row.appendChild(document.createElement("input"));
    field.type = "hidden";
    field.name = "attachment";
    field.value = stored.number;
    finish("stored");
    done(stored);
  };
  request.onerror = () => finish("It could not be sent. Check the connection, remove it here and try again.");
  request.send(data);
}

/** Files chosen in the form's own field are sent at once; without this they would go with the form. */
export function watch(form, field) {
  const chooser = form.querySelector('input[type="file"]');
  if (!listOf(form) || !form.dataset.space || !chooser) return;
  const take = (file) => upload(form, file, (stored) => {
    if (!/^image\/(png|jpeg|gif|webp)$/.test(stored.mime ?? "")) return;
    const alt = String(stored.filename ?? "picture").replace(/[[\]]/g, "");
    field.setRangeText(`\n![${alt}](/attachments/${stored.number})\n`, field.selectionEnd, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  chooser.addEventListener("change", () => {
    for (const file of chooser.files) upload(form, file);
    chooser.value = "";
  });
  form.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("px-composer--drop");
  });
  form.addEventListener("dragleave", () => form.classList.remove("px-composer--drop"));
  form.addEventListener("drop", (event) => {
    form.classList.remove("px-composer--drop");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    for (const file of event.dataTransfer.files) take(file);
  });
  field.addEventListener("paste", (event) => {
    const html = event.clipboardData?.getData("text/html");
    const pictures = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (html || !pictures.length) return; // Excel and Word put a picture of the text beside the text
    event.preventDefault();
    pictures.forEach(take);
  });
}
