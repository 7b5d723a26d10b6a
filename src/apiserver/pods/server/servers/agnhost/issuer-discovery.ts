import { request } from 'node:https'
import { messageOf } from '../../../../../base/errors.js'
import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { goFlag } from '../go-flag.js'

const account = '/var/run/secrets/kubernetes.io/serviceaccount'
const timeoutMs = 10_000
const mostChars = 1 << 20

/** `test-service-account-issuer-discovery`: judges a token by what its issuer, an API server, publishes of itself. */
export async function discoverIssuer(args: readonly string[], world: ContainerWorld, context: CommandContext): Promise<number> {
  const say = (text: string) => context.stdout.write(`${text}\n`)
  try {
    const { createLocalJWKSet, decodeJwt, jwtVerify } = await import('jose')
    const token = read(goFlag(args, 'token-path') ?? '', world, context).trim()
    await say('OK: Got token')
    const { iss: issuer = '' } = decodeJwt(token)
    await say(`OK: got issuer ${issuer}`)
    const configuration = (await ask(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, world, context)) as {
      issuer?: string
      jwks_uri?: string
    }
    if (configuration.issuer !== issuer) {
      throw new Error(`issuer did not match the issuer returned by provider, expected ${issuer} got ${configuration.issuer}`)
    }
    await say(`OK: Constructed OIDC provider for issuer ${issuer}`)
    const keys = (await ask(configuration.jwks_uri ?? '', world, context)) as Parameters<typeof createLocalJWKSet>[0]
    const options = { issuer, audience: goFlag(args, 'audience') ?? '', currentDate: new globalThis.Date(world.clock.now()) }
    await jwtVerify(token, createLocalJWKSet(keys), options)
    await say('OK: Validated signature on JWT')
    return 0
  } catch (error) {
    await context.stderr.write(`failed to validate with in-cluster discovery: ${messageOf(error)}\n`)
    return 1
  }
}

function read(path: string, world: ContainerWorld, { cwd }: CommandContext): string {
  return Buffer.from(world.files.read(path, cwd)).toString('utf8')
}

/** As the pod's account, with the authority of its cluster. */
async function ask(from: string, world: ContainerWorld, context: CommandContext): Promise<unknown> {
  const url = new URL(from)
  const [host] = /^[\d.]+$/.test(url.hostname) ? [url.hostname] : await world.resolve(url.hostname)
  if (host === undefined) throw new Error(`lookup ${url.hostname}: no such host`)
  const ca = read(`${account}/ca.crt`, world, context)
  const authorization = `Bearer ${read(`${account}/token`, world, context).trim()}`
  const headers = { authorization, host: url.host }
  const path = `${url.pathname}${url.search}`
  const named = /^[\d.]+$/.test(url.hostname) ? {} : { servername: url.hostname }
  const body = await new Promise<string>((resolve, reject) => {
    const sent = request({ host, port: url.port || 443, path, ca, headers, ...named, localAddress: world.address }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
        if (text.length > mostChars) sent.destroy(new Error('the answer is too long'))
      })
      answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(`${answer.statusCode}: ${text}`))))
    })
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`${from}: timeout`)))
    sent.on('error', reject)
    sent.end()
  })
  return JSON.parse(body)
}
