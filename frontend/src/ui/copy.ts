/** Copies text; tells whether it worked. */
export async function copyText(text: string): Promise<boolean> {
  // Over plain http browsers offer no clipboard, except on this machine itself.
  if (window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // refused: the older way may still work
    }
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way without a secure context
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
