import { createHash } from 'node:crypto'
import type { Step } from '../case.js'
import { type RawAnswer, send, type Target } from '../send.js'
import { comparable } from './comparable.js'

/** What a server says by OpenAPI: the content of its documents, and how it answers to all kinds of questions for them. */
export interface OpenApiAnswers {
  /** Comparable documents by name: `v2`, and the keys of the index of v3. */
  readonly documents: ReadonlyMap<string, unknown>
  /** By question: code, headers, the beginning of short bodies. */
  readonly answers: Readonly<Record<string, unknown>>
}

const custom = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const v2Protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
const v3Protobuf = 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf'

export async function askOpenApi(target: Target): Promise<OpenApiAnswers> {
  const get = (path: string, more: Partial<Step> = {}) => send(target, { method: 'GET', path, ...more })
  await defineKinds(target, get)
  const index = JSON.parse((await get('/openapi/v3')).text) as { paths: Record<string, { serverRelativeURL: string }> }
  const documents = new Map<string, unknown>()
  for (const [key, { serverRelativeURL }] of Object.entries(index.paths)) {
    const [path = '', query = ''] = serverRelativeURL.split('?')
    const answer = await get(path, { query: Object.fromEntries(new URLSearchParams(query)) })
    documents.set(key, comparable(JSON.parse(answer.text)))
  }
  documents.set('v2', comparable(JSON.parse((await get('/openapi/v2')).text)))
  return { documents, answers: await questions(target, index.paths['apis/apps/v1']?.serverRelativeURL ?? '') }
}

/** Two definitions, and what their schemas become. */
async function defineKinds(target: Target, get: (path: string) => Promise<RawAnswer>): Promise<void> {
  for (const body of definitions) {
    const { code, text } = await send(target, { method: 'POST', path: custom, body })
    if (code !== 201) throw new Error(`${code} ${text}`)
  }
  for (let tries = 0; tries < 100; tries++) {
    const [v2, v3] = [await get('/openapi/v2'), await get('/openapi/v3/apis/openapi.example.com/v1')]
    if ([v2, v3].every(({ text }) => text.includes('v1.Box') && text.includes('v1.Thing'))) return
    await new Promise((done) => setTimeout(done, 200))
  }
  throw new Error('the definitions are in no OpenAPI document')
}

function definition(scope: string, plural: string, kind: string, schema: unknown, more: object = {}): unknown {
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...more }
  return {
    metadata: { name: `${plural}.openapi.example.com` },
    spec: {
      group: 'openapi.example.com',
      scope,
      names: { plural, kind, shortNames: [kind.slice(0, 2).toLowerCase()] },
      versions: [version],
    },
  }
}

const definitions = [
  definition('Cluster', 'boxes', 'Box', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
  definition(
    'Namespaced',
    'things',
    'Thing',
    {
      type: 'object',
      description: 'A thing.',
      properties: {
        status: { type: 'object', properties: { n: { type: 'integer' } } },
        spec: {
          type: 'object',
          required: ['n'],
          properties: {
            n: { type: 'integer', format: 'int64', default: 3, minimum: 1, maximum: 5, exclusiveMaximum: true, multipleOf: 1 },
            f: { type: 'number' },
            s: { type: 'string', pattern: '^a', minLength: 1, maxLength: 9, format: 'hostname' },
            e: { type: 'string', enum: ['a', 'b'], nullable: true },
            ios: { 'x-kubernetes-int-or-string': true },
            any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
            emb: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
            m: { type: 'object', additionalProperties: { type: 'boolean' }, maxProperties: 3 },
            set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set', maxItems: 4 },
            map: {
              type: 'array',
              items: { type: 'object', required: ['k'], properties: { k: { type: 'string' } } },
              'x-kubernetes-list-type': 'map',
              'x-kubernetes-list-map-keys': ['k'],
            },
            one: {
              type: 'object',
              properties: { a: { type: 'string' } },
              oneOf: [{ required: ['a'] }, { not: { required: ['a'] } }],
            },
          },
          'x-kubernetes-validations': [{ rule: 'self.n > 0', message: 'none' }],
        },
      },
    },
    { subresources: { status: {}, scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' } } },
  ),
]

async function questions(target: Target, appsUrl: string): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {}
  const apps = '/openapi/v3/apis/apps/v1'
  const hash = new URLSearchParams(appsUrl.split('?')[1]).get('hash') ?? ''
  const ask = async (name: string, step: Step) => {
    results[name] = shown(await send(target, step), hash)
  }
  const tags = new Map<string, string>()
  for (const path of ['/openapi/v2', '/openapi/v3', apps]) {
    const { headers } = await send(target, { method: 'GET', path })
    tags.set(path, String(headers['etag'] ?? ''))
    for (const accept of [
      '',
      '*/*',
      'application/json',
      'application/yaml',
      'text/html',
      v2Protobuf,
      v3Protobuf,
      `${v2Protobuf},*/*`,
    ]) {
      await ask(`GET ${path} ${accept}`, { method: 'GET', path, headers: { accept } })
    }
    for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const) await ask(`${method} ${path}`, { method, path })
  }
  for (const path of ['/openapi/v2', apps]) {
    const etag = tags.get(path) ?? ''
    await ask(`${path} unchanged`, { method: 'GET', path, headers: { 'if-none-match': etag } })
    await ask(`${path} changed`, { method: 'GET', path, headers: { 'if-none-match': '"0123"' } })
    await ask(`${path} weak`, { method: 'GET', path, headers: { 'if-none-match': `W/${etag}` } })
    await ask(`${path} any`, { method: 'GET', path, headers: { 'if-none-match': '*' } })
    await ask(`${path} one of two`, { method: 'GET', path, headers: { 'if-none-match': `"0123", ${etag}` } })
  }
  await ask('the hash', { method: 'GET', path: apps, query: { hash } })
  await ask('another hash', { method: 'GET', path: apps, query: { hash: 'ABC' } })
  await ask('an empty hash', { method: 'GET', path: apps, query: { hash: '' } })
  for (const path of [
    '/openapi',
    '/openapi/',
    '/openapi/v1',
    '/openapi/v2/',
    '/openapi/v2/x',
    '/openapi/v3/',
    '/openapi/v3/none',
    '/openapi/v3/apis/none/v1',
    '/swagger.json',
    '/openapi/v3/version',
    '/openapi/v3/api',
  ]) {
    await ask(`GET ${path}`, { method: 'GET', path })
  }
  return results
}

function shown({ code, headers, text }: RawAnswer, hash: string): unknown {
  const kept = Object.fromEntries(
    ['content-type', 'cache-control', 'vary', 'location', 'allow', 'etag'].flatMap((name) => {
      const value = headers[name]
      return value === undefined
        ? []
        : [
            [
              name,
              String(value)
                .replaceAll(hash, 'HASH')
                .replace(/"[0-9A-F]{128}"/, 'ETAG'),
            ],
          ]
    }),
  )
  return { code, headers: kept, body: text.length < 400 ? text.replaceAll(hash, 'HASH') : 'long' }
}

/** What a recording keeps of a document: enough to tell whether it is the same, and where not. */
export function digestOf(document: unknown): Record<string, string> {
  const { paths = {}, definitions, components, ...rest } = document as Record<string, unknown>
  const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('base64').slice(0, 10)
  return {
    paths: digest(paths),
    schemas: digest(definitions ?? (components as Record<string, unknown> | undefined)?.['schemas'] ?? {}),
    rest: digest([rest, Object.keys((components ?? {}) as object)]),
  }
}
