// Warns somebody before their session ends, keeps what they type, and takes them away when nobody is there any more.
// Without it a form that comes too late is kept all the same.
const warnSeconds = 120
const typingSeconds = 240

const dialog = document.getElementById('session-ends')
const form = document.getElementById('kept-form')
if (dialog) watch(Date.now() + dialog.dataset.seconds * 1000)

function watch(ends) {
  let said = false
  let busy = false
  let typedAt = 0
  let usedAt = Date.now()
  const left = () => (ends - Date.now()) / 1000

  const ask = async (method, headers) => {
    const body = method === 'POST' ? new URLSearchParams({ csrf_token: dialog.querySelector('[name=csrf_token]').value }) : undefined
    const answer = await fetch(dialog.dataset.address, { method, body, headers })
    ends = Date.now() + (answer.ok ? (await answer.json()).seconds : 0) * 1000
  }
  const look = () => ask('GET', { 'X-Unattended': 'true' })
  const stay = async () => {
    usedAt = Date.now()
    await ask('POST')
    said = left() <= warnSeconds // twelve hours are over soon, whatever is done
    dialog.close()
  }

  const save = async (headers) => {
    if (form) await fetch(`${form.getAttribute('action')}?instead=keep`, { method: 'POST', body: new URLSearchParams(new FormData(form)), headers })
  }

  const tick = async () => {
    if (typedAt > usedAt && Date.now() - usedAt > typingSeconds * 1000) {
      await save()
      await stay()
    } else if (left() <= -2) {
      await look()
      if (left() > 0) return
      await save({ 'X-Unattended': 'true' })
      window.location.assign(window.location.pathname)
    } else if (left() <= warnSeconds && !said) {
      await look() // perhaps they went on in another tab
      if (left() > warnSeconds) return
      said = true
      await save({ 'X-Unattended': 'true' })
      dialog.showModal()
    } else if (left() > warnSeconds) {
      said = false
      if (dialog.open) dialog.close()
    }
  }

  document.addEventListener('input', () => { typedAt = Date.now() })
  dialog.querySelector('[data-stay]').addEventListener('click', () => { stay().catch(() => {}) })
  dialog.addEventListener('cancel', () => { stay().catch(() => {}) })
  window.setInterval(async () => {
    if (busy) return
    busy = true
    // Without a network nobody is taken away from what they typed: it is tried again.
    try { await tick() } catch { await new Promise((resolve) => { window.setTimeout(resolve, 10000) }) }
    busy = false
  }, 1000)
}
