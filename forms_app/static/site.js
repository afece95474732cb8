// Switches on the parts of GOV.UK Frontend that need a script. Every page works without it.
import { initAll } from './build/govuk-frontend.min.js'
import './leaving.js'
import './passkeys.js'
import './session.js'

// A browser that runs modules is one that GOV.UK Frontend supports.
document.body.classList.add('js-enabled', 'govuk-frontend-supported')
initAll()
