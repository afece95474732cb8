// “Hide this page now”: what is on the page goes at once, also before the answer comes, and at the third press of Escape.
const button = document.getElementById('leave')
const withinSeconds = 5

if (button) {
  let presses = []
  button.addEventListener('click', () => {
    document.body.classList.add('govuk-exit-this-page-hide-content')
    document.title = ''
    const overlay = document.createElement('div')
    overlay.className = 'govuk-exit-this-page-overlay'
    overlay.setAttribute('role', 'alert')
    overlay.textContent = 'Loading.'
    document.body.appendChild(overlay)
  })
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.repeat) return
    presses = [...presses.filter((at) => Date.now() - at < withinSeconds * 1000), Date.now()]
    if (presses.length >= 3) button.click()
  }, true)
  // Back, from where they were taken: the page as it was is not shown again.
  window.addEventListener('pageshow', (event) => { if (event.persisted) window.location.reload() })
}
