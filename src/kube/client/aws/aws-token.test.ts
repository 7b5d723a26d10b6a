import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CodedError } from '../../../base/errors.js'
import { silentLog } from '../../../base/log.js'
import { createSeededRandom } from '../../../base/random.js'
import type { ClientPorts, FetchPort } from '../client-ports.js'
import { parseIni } from './aws-profile.js'
import { createAwsToken } from './aws-token.js'
import { presignUrl, signHeaders } from './sigv4.js'

// Keys, requests and signatures that AWS publishes in its documentation of Signature Version 4.
const example = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const nowMs = Date.UTC(2015, 7, 30, 12, 36, 0)

test('signatures in headers are those of the published examples', () => {
  const vanilla = signHeaders({
    method: 'GET',
    url: 'https://example.amazonaws.com/',
    credentials: example,
    scope: { region: 'us-east-1', service: 'service', nowMs },
  })
  assert.equal(
    vanilla['authorization'],
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  )
  const iam = signHeaders({
    method: 'GET',
    url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
    credentials: example,
    scope: { region: 'us-east-1', service: 'iam', nowMs },
  })
  assert.match(iam['authorization'] ?? '', /Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7$/)
})

test('the presigned URL is that of the published example', () => {
  const url = presignUrl({
    method: 'GET',
    url: 'https://examplebucket.s3.amazonaws.com/test.txt',
    expiresSeconds: 86_400,
    bodyHash: 'UNSIGNED-PAYLOAD',
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
    scope: { region: 'us-east-1', service: 's3', nowMs: Date.UTC(2013, 4, 24) },
  })
  assert.match(url, /X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404$/)
})

function ports(env: Record<string, string>, files: Record<string, string> = {}, fetch?: FetchPort): ClientPorts {
  return {
    clock: { now: () => nowMs, after: () => () => {} },
    random: createSeededRandom(1),
    log: silentLog,
    env,
    readFile: async (path) => {
      if (files[path] === undefined) throw new Error('ENOENT')
      return files[path]
    },
    runProcess: async () => assert.fail('nothing is run'),
    fetch: fetch ?? (async () => assert.fail('nothing is asked')),
  }
}
const fromKeys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'eu-west-1' }
const urlOf = (token: string) => new URL(Buffer.from(token.replace('k8s-aws-v1.', ''), 'base64url').toString())
const stsAnswer = (key: string) =>
  `<R><Credentials><AccessKeyId>${key}</AccessKeyId><SecretAccessKey>s/${key}</SecretAccessKey><SessionToken>a&amp;b</SessionToken><Expiration>2015-08-30T12:46:00Z</Expiration></Credentials></R>`

test('the token is a presigned GetCallerIdentity that names the cluster', async () => {
  const { token, expiresAt } = await createAwsToken({ clusterName: 'prod' }, ports({ ...fromKeys, AWS_SESSION_TOKEN: 'st' }))
  assert.match(token, /^k8s-aws-v1\.[A-Za-z0-9_-]+$/)
  const url = urlOf(token)
  assert.equal(url.origin, 'https://sts.eu-west-1.amazonaws.com')
  const query = Object.fromEntries(url.searchParams)
  assert.equal(query['Action'], 'GetCallerIdentity')
  assert.equal(query['X-Amz-Expires'], '60')
  assert.equal(query['X-Amz-SignedHeaders'], 'host;x-k8s-aws-id')
  assert.equal(query['X-Amz-Credential'], 'AKIDEXAMPLE/20150830/eu-west-1/sts/aws4_request')
  assert.equal(query['X-Amz-Security-Token'], 'st')
  assert.match(query['X-Amz-Signature'] ?? '', /^[0-9a-f]{64}$/)
  assert.equal(expiresAt - nowMs, 14 * 60_000)
  const other = await createAwsToken({ clusterName: 'other' }, ports(fromKeys))
  assert.notEqual(urlOf(other.token).searchParams.get('X-Amz-Signature'), query['X-Amz-Signature'])
})

test('a role is assumed with a signed request, and the token lives no longer than the role', async () => {
  let asked = ''
  const { token, expiresAt } = await createAwsToken(
    { clusterName: 'prod', roleArn: 'arn:aws:iam::1:role/x' },
    ports(fromKeys, {}, async ({ method, url, headers, body }) => {
      asked = `${method} ${url} ${body}`
      assert.match(headers['authorization'] ?? '', /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//)
      return { status: 200, body: stsAnswer('ASIA1') }
    }),
  )
  assert.match(
    asked,
    /^POST https:\/\/sts\.eu-west-1\.amazonaws\.com\/ Action=AssumeRole&.*RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx/,
  )
  assert.match(urlOf(token).searchParams.get('X-Amz-Credential') ?? '', /^ASIA1\//)
  assert.equal(urlOf(token).searchParams.get('X-Amz-Security-Token'), 'a&b')
  assert.equal(expiresAt, Date.UTC(2015, 7, 30, 12, 46))
})

test('profiles: keys, roles over other profiles, regions, and circles', async () => {
  const files = {
    '/h/.aws/config': `
# comment
[default]
region = ap-south-1
[profile base]
region = us-west-2
s3 =
  nested = x
[profile admin]
role_arn = arn:aws:iam::2:role/admin
source_profile = base
region = us-west-2 ; inline
[profile a]
role_arn = r
source_profile = b
[profile b]
role_arn = r
source_profile = a
[sso-session corp]
x = y
`,
    '/h/.aws/credentials': '[base]\naws_access_key_id=AKBASE\naws_secret_access_key = sk\n',
  }
  assert.deepEqual(
    [...parseIni(files['/h/.aws/config']).keys()],
    ['default', 'profile base', 'profile admin', 'profile a', 'profile b', 'sso-session corp'],
  )
  const env = { HOME: '/h' }
  const base = await createAwsToken(
    { clusterName: 'c', profile: 'base' },
    ports({ ...env, AWS_ACCESS_KEY_ID: 'NOT', AWS_SECRET_ACCESS_KEY: 'THIS' }, files),
  )
  assert.match(urlOf(base.token).searchParams.get('X-Amz-Credential') ?? '', /^AKBASE\/20150830\/us-west-2/)
  const roles: string[] = []
  const fetch: FetchPort = async ({ headers, body }) => {
    roles.push(`${/Credential=([A-Z]+)/.exec(headers['authorization'] ?? '')?.[1]} ${new URLSearchParams(body).get('RoleArn')}`)
    return { status: 200, body: stsAnswer('ASIA2') }
  }
  await createAwsToken({ clusterName: 'c' }, ports({ ...env, AWS_PROFILE: 'admin' }, files, fetch))
  assert.deepEqual(roles, ['AKBASE arn:aws:iam::2:role/admin'])
  await assert.rejects(createAwsToken({ clusterName: 'c', profile: 'a' }, ports(env, files)), /circle: a -> b -> a/)
  await assert.rejects(createAwsToken({ clusterName: 'c', profile: 'zz' }, ports(env, files)), /profile "zz" is in neither/)
})

test('web identity (IRSA) and container credentials', async () => {
  const irsa = { AWS_ROLE_ARN: 'arn:r', AWS_WEB_IDENTITY_TOKEN_FILE: '/var/token', AWS_REGION: 'cn-north-1' }
  const fetch: FetchPort = async ({ url, headers, body }) => {
    assert.equal(url, 'https://sts.cn-north-1.amazonaws.com.cn/')
    assert.equal(headers['authorization'], undefined)
    assert.equal(new URLSearchParams(body).get('WebIdentityToken'), 'jwt')
    return { status: 200, body: stsAnswer('ASIAWEB') }
  }
  const web = await createAwsToken({ clusterName: 'c' }, ports(irsa, { '/var/token': 'jwt\n' }, fetch))
  assert.match(urlOf(web.token).searchParams.get('X-Amz-Credential') ?? '', /^ASIAWEB/)
  const pod = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/t',
  }
  const container = await createAwsToken(
    { clusterName: 'c' },
    ports(pod, { '/t': 'tok' }, async ({ headers }) => {
      assert.equal(headers['authorization'], 'tok')
      return { status: 200, body: JSON.stringify({ AccessKeyId: 'ASIAPOD', SecretAccessKey: 's', Token: 't' }) }
    }),
  )
  assert.match(urlOf(container.token).searchParams.get('X-Amz-Credential') ?? '', /^ASIAPOD/)
})

test('refusals say why and hold no secrets', async () => {
  await assert.rejects(
    createAwsToken({ clusterName: 'c' }, ports({})),
    (error: CodedError) => error.code === 'credentials-unavailable' && /no AWS credentials/.test(error.message),
  )
  const refuse: FetchPort = async () => ({ status: 403, body: '<E><Code>AccessDenied</Code><Message>not you</Message></E>' })
  await assert.rejects(
    createAwsToken({ clusterName: 'c', roleArn: 'arn:x' }, ports(fromKeys, {}, refuse)),
    (error: CodedError) => {
      assert.match(error.message, /refused to assume role arn:x \(403 AccessDenied: not you\)/)
      return !error.message.includes('secret')
    },
  )
  const away: FetchPort = async () => Promise.reject(new Error('timed out'))
  await assert.rejects(
    createAwsToken({ clusterName: 'c', roleArn: 'arn:x' }, ports(fromKeys, {}, away)),
    /STS cannot be reached .*timed out/,
  )
})
