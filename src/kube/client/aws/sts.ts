import { CodedError, messageOf } from '../../../base/errors.js'
import type { ClientPorts } from '../client-ports.js'
import { type AwsCredentials, signHeaders } from './sigv4.js'

/** The regional endpoint of the Security Token Service. */
export function stsUrl(region: string): string {
  return `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export async function assumeRole(
  request: { roleArn: string; externalId?: string; credentials: AwsCredentials; region: string },
  ports: ClientPorts,
  signal?: AbortSignal,
): Promise<AwsCredentials> {
  const body = form({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: request.roleArn,
    RoleSessionName: sessionName(ports),
    ExternalId: request.externalId,
  })
  const url = stsUrl(request.region)
  const headers = signHeaders({
    method: 'POST',
    url,
    headers: formHeaders,
    body,
    credentials: request.credentials,
    scope: { region: request.region, service: 'sts', nowMs: ports.clock.now() },
  })
  return call({ url, headers, body, what: `assume role ${request.roleArn}` }, ports, signal)
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html: the token is the proof, nothing is signed. */
export async function assumeRoleWithWebIdentity(
  request: { roleArn: string; token: string; region: string },
  ports: ClientPorts,
  signal?: AbortSignal,
): Promise<AwsCredentials> {
  const body = form({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: request.roleArn,
    RoleSessionName: sessionName(ports),
    WebIdentityToken: request.token,
  })
  const what = `assume role ${request.roleArn} with a web identity`
  return call({ url: stsUrl(request.region), headers: formHeaders, body, what }, ports, signal)
}

const formHeaders = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }

async function call(
  request: { url: string; headers: Readonly<Record<string, string>>; body: string; what: string },
  ports: ClientPorts,
  signal?: AbortSignal,
): Promise<AwsCredentials> {
  const { url, headers, body, what } = request
  let answer: { status: number; body: string }
  try {
    answer = await ports.fetch({ method: 'POST', url, headers, body, timeoutMs: 15_000, signal })
  } catch (error) {
    throw new CodedError({
      code: 'credentials-unavailable',
      message: `AWS STS cannot be reached to ${what}: ${messageOf(error)}`,
      cause: error,
    })
  }
  const accessKeyId = element(answer.body, 'AccessKeyId')
  const secretAccessKey = element(answer.body, 'SecretAccessKey')
  if (answer.status !== 200 || accessKeyId === undefined || secretAccessKey === undefined) {
    const why = [element(answer.body, 'Code'), element(answer.body, 'Message')].filter(Boolean).join(': ')
    throw new CodedError({
      code: 'credentials-unavailable',
      message: `AWS STS refused to ${what} (${answer.status}${why ? ` ${why}` : ''})`,
      fix: 'Check the trust policy of the role and the identity that asks.',
    })
  }
  const expiration = element(answer.body, 'Expiration')
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: element(answer.body, 'SessionToken'),
    ...(expiration === undefined ? {} : { expiresAt: Date.parse(expiration) }),
  }
}

/** The text of the first element of that name: STS answers are flat enough for this. */
function element(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return text
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}

function form(fields: Record<string, string | undefined>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value as string)}`)
    .join('&')
}

function sessionName(ports: ClientPorts): string {
  return `flotilla-${Math.floor(ports.clock.now() / 1000)}`
}
