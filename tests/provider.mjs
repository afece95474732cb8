// An agency's own provider (OpenID Connect), certified, for the tests: node provider.mjs PORT BACK. It signs everybody in as whom
// the last POST to /as said, a JSON object of claims. When it listens it prints a line.
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const [port, back] = process.argv.slice(2)
let claims = {}

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'forms-app', client_secret: 'an invented secret', redirect_uris: [back] }],
  pkce: { required: () => true },
  claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: process.argv[4] !== 'in-token',
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...claims, sub }) }),
  cookies: { keys: ['an invented key'] }
})
// A client of this machine, without https.
provider.proxy = false

async function signIn (request, response) {
  const { params } = await provider.interactionDetails(request, response)
  const grant = new provider.Grant({ accountId: claims.sub, clientId: params.client_id })
  grant.addOIDCScope(params.scope)
  await provider.interactionFinished(request, response, {
    login: { accountId: claims.sub, amr: claims.amr },
    consent: { grantId: await grant.save() }
  })
}

createServer(async (request, response) => {
  if (request.method === 'POST' && request.url === '/as') {
    let body = ''
    for await (const part of request) body += part
    claims = JSON.parse(body)
    response.end()
  } else if (request.url.startsWith('/interaction/')) {
    await signIn(request, response)
  } else {
    provider.callback()(request, response)
  }
}).listen(Number(port), '127.0.0.1', () => console.log('listening'))
