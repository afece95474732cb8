// Asks the browser for a passkey, and sends what it answers with the form. A browser that cannot shows nothing of it.
const reading = { create: 'parseCreationOptionsFromJSON', get: 'parseRequestOptionsFromJSON' }

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const read = reading[form.dataset.passkey]
  if (window.PublicKeyCredential?.[read]) {
    form.hidden = false
    form.addEventListener('submit', event => {
      event.preventDefault()
      ask(form, read)
    })
  }
}

async function ask(form, read) {
  const refused = form.querySelector('[data-passkey-refused]')
  refused.hidden = true
  try {
    const publicKey = window.PublicKeyCredential[read](JSON.parse(form.dataset.options))
    const credential = await navigator.credentials[form.dataset.passkey]({ publicKey })
    form.elements.credential.value = JSON.stringify(credential.toJSON())
  } catch {
    refused.hidden = false
    return
  }
  form.submit()
}
