import { CodedError, messageOf } from '../../../base/errors.js'
import type { ClientPorts } from '../client-ports.js'
import { type AwsProfile, readAwsProfiles } from './aws-profile.js'
import type { AwsCredentials } from './sigv4.js'
import { assumeRole, assumeRoleWithWebIdentity } from './sts.js'

export interface ResolvedAws {
  readonly credentials: AwsCredentials
  readonly region: string
}

/**
 * Finds AWS credentials in the order of AWS's own tools: a profile that is asked for, else the environment's keys, the
 * environment's profile (shared files: keys, role_arn with source_profile, web identity), web identity (IRSA), container
 * credentials (EKS Pod Identity, ECS).
 */
export async function resolveAwsCredentials(
  wanted: { profile?: string },
  ports: ClientPorts,
  signal?: AbortSignal,
): Promise<ResolvedAws> {
  const { env } = ports
  const profiles = await readAwsProfiles(ports)
  const name = wanted.profile || env['AWS_PROFILE'] || 'default'
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || profiles.get(name)?.['region'] || 'us-east-1'
  const context: Context = { ports, profiles, region, signal }
  if (wanted.profile) return { credentials: await ofProfile(wanted.profile, context, []), region }
  const fromEnvironment =
    keys(env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY'], env['AWS_SESSION_TOKEN']) ??
    (env['AWS_PROFILE'] || profiles.has('default') ? await ofProfile(name, context, []) : undefined) ??
    (await ofWebIdentity(env['AWS_ROLE_ARN'], env['AWS_WEB_IDENTITY_TOKEN_FILE'], context)) ??
    (await ofContainer(context))
  if (fromEnvironment !== undefined) return { credentials: fromEnvironment, region }
  throw unavailable(
    'no AWS credentials were found (looked for AWS_ACCESS_KEY_ID, the shared credentials file, AWS_WEB_IDENTITY_TOKEN_FILE and AWS_CONTAINER_CREDENTIALS_FULL_URI)',
    'Give the process an AWS identity, or name a profile in awsAuthConfig.',
  )
}

interface Context {
  readonly ports: ClientPorts
  readonly profiles: ReadonlyMap<string, AwsProfile>
  readonly region: string
  readonly signal?: AbortSignal
}

function keys(accessKeyId?: string, secretAccessKey?: string, sessionToken?: string): AwsCredentials | undefined {
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
}

async function ofProfile(name: string, context: Context, seen: readonly string[]): Promise<AwsCredentials> {
  const profile = context.profiles.get(name)
  if (profile === undefined) {
    throw unavailable(`AWS profile "${name}" is in neither the config nor the credentials file`, 'Add it, or correct its name.')
  }
  if (seen.includes(name)) throw unavailable(`AWS profiles refer to each other in a circle: ${[...seen, name].join(' -> ')}`)
  const own = keys(profile['aws_access_key_id'], profile['aws_secret_access_key'], profile['aws_session_token'])
  const roleArn = profile['role_arn']
  if (roleArn === undefined) {
    if (own !== undefined) return own
    throw unavailable(
      `AWS profile "${name}" has neither keys nor a role_arn`,
      'Profiles with sso_session or credential_process are not read: export their credentials as keys.',
    )
  }
  const web = await ofWebIdentity(roleArn, profile['web_identity_token_file'], context)
  if (web !== undefined) return web
  const source = profile['source_profile']
  const base =
    source === undefined || (source === name && own !== undefined) ? own : await ofProfile(source, context, [...seen, name])
  if (base === undefined) {
    throw unavailable(
      `AWS profile "${name}" has a role_arn but no source_profile`,
      'Name the profile whose keys assume the role.',
    )
  }
  const { ports, region, signal } = context
  return assumeRole({ roleArn, externalId: profile['external_id'], credentials: base, region }, ports, signal)
}

async function ofWebIdentity(roleArn: string | undefined, tokenFile: string | undefined, context: Context) {
  if (!roleArn || !tokenFile) return undefined
  const { ports, region, signal } = context
  const token = await ports.readFile(tokenFile).catch((error: unknown) => {
    throw unavailable(`web identity token file ${tokenFile} cannot be read: ${messageOf(error)}`)
  })
  return assumeRoleWithWebIdentity({ roleArn, token: token.trim(), region }, ports, signal)
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
async function ofContainer({ ports, signal }: Context): Promise<AwsCredentials | undefined> {
  const { env } = ports
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
  const url = relative ? `http://169.254.170.2${relative}` : env['AWS_CONTAINER_CREDENTIALS_FULL_URI']
  if (!url) return undefined
  const tokenFile = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
  const token = tokenFile ? (await ports.readFile(tokenFile)).trim() : env['AWS_CONTAINER_AUTHORIZATION_TOKEN']
  const headers: Record<string, string> = token ? { authorization: token } : {}
  const answer = await ports.fetch({ method: 'GET', url, headers, timeoutMs: 5000, signal })
  if (answer.status !== 200) throw unavailable(`the container credentials endpoint answered ${answer.status}`)
  try {
    const body = JSON.parse(answer.body) as Record<string, string | undefined>
    const found = keys(body['AccessKeyId'], body['SecretAccessKey'], body['Token'])
    if (found !== undefined) return { ...found, ...(body['Expiration'] ? { expiresAt: Date.parse(body['Expiration']) } : {}) }
  } catch {}
  throw unavailable('the container credentials endpoint answered something that holds no keys')
}

function unavailable(message: string, fix?: string): CodedError {
  return new CodedError({ code: 'credentials-unavailable', message, fix })
}
