import { Stalled, Waiting } from '../../base/errors.js'
import type { RemoteSources } from '../../delivery/render/contract.js'
import type { Repositories } from '../../delivery/source/contract.js'
import { redactUrl } from '../../delivery/source/git-url.js'

const maxFileBytes = 16 * 1024 * 1024
const fileTimeoutMs = 27_000

/**
 * What kustomizations have on other servers: repositories through the same mirrors, credentials and limits as sources of
 * applications, files by HTTP without credentials.
 */
export function createRemoteSources(repositories: Pick<Repositories, 'resolve' | 'tree'>): RemoteSources {
  return {
    async repository({ repository, ref, timeoutSeconds }) {
      const signal = AbortSignal.timeout(Math.min(timeoutSeconds, 600) * 1000)
      const commit = await repositories.resolve(repository, ref === '' ? 'HEAD' : ref, { signal })
      return repositories.tree(repository, commit)
    },
    file: (url) => fetchFile(url),
  }
}

async function fetchFile(url: string): Promise<Uint8Array> {
  const name = redactUrl(url)
  let response: Response
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(fileTimeoutMs), redirect: 'follow' })
  } catch (error) {
    throw new Waiting({ code: 'kustomize-remote-file', message: `${name} cannot be read: ${reasonOf(error)}`, cause: error })
  }
  if (!response.ok) {
    await response.body?.cancel()
    throw new Stalled({ code: 'kustomize-remote-file', message: `${name}: HTTP error: status code ${response.status}` })
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length
    if (size > maxFileBytes)
      throw new Stalled({
        code: 'kustomize-remote-file',
        message: `${name} is larger than ${maxFileBytes} bytes`,
        fix: 'Copy the file into the repository.',
      })
    chunks.push(chunk as Uint8Array)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause
  return cause?.code ?? cause?.message ?? (error as Error).message
}
