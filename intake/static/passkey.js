// Comfort: a passkey answers for the form in which its button stands. Without this script the button stays hidden.
(() => {
  "use strict";
  const bytes = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const prfOf = (credential) => {
    const results = (credential.getClientExtensionResults().prf || {}).results;
    return results && results.first ? bytes(results.first) : "";
  };
  const plain = (credential) => {
    const answer = credential.toJSON();
    answer.clientExtensionResults = {}; // what opens the identity travels apart
    return JSON.stringify(answer);
  };
  const added = async (options) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const credential = await navigator.credentials.create({ publicKey });
    let prf = prfOf(credential);
    if (!prf && (credential.getClientExtensionResults().prf || {}).enabled) {
      // Some devices give it only when they are asked for the new passkey.
      const again = await navigator.credentials.get({ publicKey: {
        challenge: publicKey.challenge, rpId: options.rp.id, extensions: publicKey.extensions,
        allowCredentials: [{ type: "public-key", id: credential.rawId }] } });
      prf = prfOf(again);
    }
    return [plain(credential), prf];
  };
  const asked = async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = await navigator.credentials.get({ publicKey });
    return [plain(credential), prfOf(credential)];
  };
  const possible = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;
  for (const part of document.querySelectorAll("[data-passkey]")) {
    if (!possible) continue;
    const button = part.querySelector("button"), words = part.querySelector("[role=status]");
    part.hidden = false;
    button.addEventListener("click", async () => {
      const form = button.form, options = JSON.parse(part.dataset.passkey);
      words.textContent = "";
      button.disabled = true;
      try {
        const [answer, prf] = await (options.user ? added(options) : asked(options));
        form.elements.passkey.value = answer;
        form.elements.prf.value = prf;
        form.submit();
      } catch (error) {
        words.textContent = part.dataset.failed;
        button.disabled = false;
      }
    });
  }
})();
