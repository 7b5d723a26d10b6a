import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../../base/errors.js'
import { silentLog } from '../../base/log.js'
import type { ChartInflation } from '../../delivery/render/contract.js'
import { createChartInflation } from '../../delivery/render/kustomize/sources/chart-inflation.js'
import { openChartArchive } from '../../delivery/source/helm/archive.js'
import { createTemplateCrypto, generateTemplateKey } from '../../delivery/source/helm/template-crypto.js'
import { createRepositories } from '../../delivery/source/repositories.js'
import { createRemoteSources } from '../hub/remote-sources.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { createChartPull } from './chart-pull.js'
import { type RenderKustomizationOptions, renderKustomization } from './render-directory.js'

export interface RenderKustomizeFlags {
  readonly remote?: boolean
  readonly enableHelm?: boolean
  readonly loadRestrictor?: string
  readonly order?: string
  /** Without effect: no program is run. */
  readonly helmCommand?: string
  readonly helmKubeVersion?: string
  readonly helmApiVersions?: readonly string[]
}

/** `flotilla render kustomize DIR`. */
export async function renderKustomizeCommand(
  directory: string,
  flags: RenderKustomizeFlags,
  warn: (message: string) => void = () => {},
): Promise<string> {
  if (flags.helmCommand !== undefined)
    warn(`--helm-command ${flags.helmCommand} is ignored: charts are rendered in process, and no program is run`)
  const restrictions = choose('--load-restrictor', flags.loadRestrictor, {
    LoadRestrictionsRootOnly: 'root-only',
    LoadRestrictionsNone: 'none',
  } as const)
  const mode = choose('--order', flags.order, { legacy: 'legacy-order', fifo: 'fifo' } as const)
  const helm = {
    clock: systemClock,
    random: systemRandom,
    crypto: createTemplateCrypto(systemClock),
    generateKey: generateTemplateKey,
    openArchive: openChartArchive,
    elapsed: () => performance.now(),
  }
  const inflation = createChartInflation(helm, createChartPull(process.env, warn))
  const { helmKubeVersion, helmApiVersions } = flags
  const charts: ChartInflation = {
    ...inflation,
    render: (request) =>
      inflation.render({
        ...request,
        ...(helmKubeVersion ? { kubeVersion: helmKubeVersion } : {}),
        ...(helmApiVersions === undefined ? {} : { apiVersions: helmApiVersions }),
      }),
  }
  const options: RenderKustomizationOptions = {
    ...(restrictions === undefined ? {} : { loadRestrictions: restrictions }),
    ...(mode === undefined ? {} : { mode }),
    ...(flags.enableHelm === true ? { charts } : {}),
  }
  if (flags.remote !== true) return renderKustomization(directory, options)
  const folder = await mkdtemp(join(tmpdir(), 'flotilla-bases-'))
  const environment = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  const repositories = createRepositories({
    directory: folder,
    clock: systemClock,
    log: silentLog,
    credentials: () => undefined,
    advice: {
      authentication: (url) => `${url} asks for credentials: use an address with ssh, or a repository that all may read.`,
      notFound: 'Check the address.',
      certificate: 'Set SSL_CERT_FILE to the authority of the server.',
    },
    environment,
  })
  try {
    return await renderKustomization(directory, { ...options, remote: createRemoteSources(repositories) })
  } finally {
    repositories.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function choose<T extends string>(flag: string, given: string | undefined, values: Readonly<Record<string, T>>): T | undefined {
  if (given === undefined) return undefined
  if (Object.hasOwn(values, given)) return values[given]
  throw new UsageError({
    code: 'bad-render-option',
    message: `${flag} ${given}: expected one of ${Object.keys(values).join(', ')}`,
    fix: `Use one of them, or leave ${flag} out.`,
  })
}
