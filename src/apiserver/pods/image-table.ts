import type { Matcher } from '../../formats/glob/glob-regex.js'
import { compileGlob } from '../../formats/glob/plain-glob.js'

/** What becomes of pods with an image. */
export type ImageRule =
  | { readonly match: string; readonly run: 'simulated' | 'none' }
  | { readonly match: string; readonly run: 'process'; readonly server: BuiltInName }
  | { readonly match: string; readonly run: 'process'; readonly command: LocalCommand }

/** Programs that are part of Flotilla. */
export type BuiltInName =
  | 'nginx'
  | 'httpd'
  | 'nautilus'
  | 'http-echo'
  | 'whoami'
  | 'agnhost'
  | 'httpbin'
  | 'redis'
  | 'shell'
  | 'pause'
  | 'hello-app'
  | 'echo-server'

/** A program of the user's machine that stands for an image. Only the configuration file can name one. */
export interface LocalCommand {
  readonly command: readonly string[]
  readonly workingDirectory?: string
  /** Variables beside those of the pod; `$(POD_IP)` and `$(POD_ROOT)` are replaced. */
  readonly env: Readonly<Record<string, string>>
  /** Whether the container's args follow the command. */
  readonly args: 'ignore' | 'append'
  /** What exec and exec probes may start: the first word of their command must be one of these. */
  readonly exec: readonly string[]
}

export interface ImageTable {
  /** The first rule that matches the image; images that no rule names are simulated. */
  find(image: string): ImageRule
}

const known: readonly (readonly [BuiltInName, readonly string[]])[] = [
  [
    'nginx',
    [
      'nginx',
      'nginxinc/nginx-unprivileged',
      'docker.io/nginxinc/*',
      'public.ecr.aws/nginx/nginx',
      'registry.k8s.io/e2e-test-images/nginx',
    ],
  ],
  ['httpd', ['httpd', 'registry.k8s.io/e2e-test-images/httpd']],
  ['nautilus', ['registry.k8s.io/e2e-test-images/nautilus', 'registry.k8s.io/e2e-test-images/kitten']],
  ['http-echo', ['hashicorp/http-echo']],
  ['whoami', ['traefik/whoami', 'containous/whoami']],
  ['agnhost', ['registry.k8s.io/e2e-test-images/agnhost', 'k8s.gcr.io/e2e-test-images/agnhost']],
  ['httpbin', ['kennethreitz/httpbin', 'mccutchen/go-httpbin', 'ghcr.io/mccutchen/go-httpbin']],
  ['redis', ['redis', 'valkey/valkey', 'bitnami/redis']],
  [
    'shell',
    [
      'busybox',
      'alpine',
      'alpine/socat',
      'nicolaka/netshoot',
      'curlimages/curl',
      'registry.k8s.io/e2e-test-images/busybox',
      'registry.k8s.io/e2e-test-images/jessie-dnsutils',
    ],
  ],
  ['pause', ['registry.k8s.io/pause', 'k8s.gcr.io/pause', 'gcr.io/google_containers/pause*']],
  ['hello-app', ['gcr.io/google-samples/hello-app', 'us-docker.pkg.dev/google-samples/containers/gke/hello-app']],
  ['echo-server', ['ealen/echo-server', 'jmalloc/echo-server', 'registry.k8s.io/echoserver']],
]

/** Tags of images that there are not: who wants to see a rollout fail uses one of them. */
const missingTags = ['broken', '404', 'non-existent', 'does-not-exist']

/** Whether the image counts as one that cannot be pulled. */
export function isMissingImage(image: string | undefined): boolean {
  return missingTags.some((tag) => image?.endsWith(`:${tag}`))
}

/** The images that Flotilla can run by itself. Those that cannot be pulled are simulated. */
export const defaultImageRules: readonly ImageRule[] = [
  ...missingTags.map((tag) => ({ match: `*:${tag}`, run: 'simulated' as const })),
  ...known.flatMap(([server, matches]) => matches.map((match) => ({ match, run: 'process' as const, server }))),
]

/** `rules` first, the default ones behind them. */
export function createImageTable(rules: readonly ImageRule[] = []): ImageTable {
  const compiled = [...rules, ...defaultImageRules].map((rule) => ({ rule, matches: compileGlob(rule.match) }))
  return {
    find(image) {
      const forms = formsOf(image)
      const hit = compiled.find(({ matches }) => matchesAny(matches, forms))
      return hit?.rule ?? { match: '*', run: 'simulated' }
    },
  }
}

function matchesAny(matches: Matcher, forms: readonly string[]): boolean {
  return forms.some((form) => matches(form))
}

/** An image as it is, without its digest, without its tag, and each of them without Docker Hub's registry. */
export function formsOf(image: string): readonly string[] {
  const plain = image.split('@')[0] as string
  const colon = plain.indexOf(':', plain.lastIndexOf('/') + 1)
  const name = colon === -1 ? plain : plain.slice(0, colon)
  const forms = new Set<string>()
  for (const form of [image, plain, name]) {
    forms.add(form)
    forms.add(form.replace(/^(index\.)?docker\.io\/(library\/)?/, ''))
  }
  return [...forms]
}
