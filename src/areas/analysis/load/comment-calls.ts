import type { ScriptText } from './read-calls.js'

/** Programs whose command lines are recognised where only people read them: in comments and running text. */
const programs =
  'kubectl|helm|helmfile|argocd|flux|fleet|clusterctl|kind|kubefedctl|cilium|istioctl|subctl|linkerd|eksctl|gcloud|az|aws|liqoctl|kubectx|kubeadm|velero|skupper'

const shown = new RegExp(
  `^[^\\S\\n]*#+[^\\S\\n]*(?:[\\w ,()'-]{1,60}:[^\\S\\n]+)?(?:\\$ )?((?:${programs})[^\\S\\n]+[a-z-][^\\n]*)$`,
  'gm',
)

/**
 * Command lines that comments show: `# cilium clustermesh connect --context a --destination-context b`. A sentence that merely
 * begins with a program's name is none: two words have to look like a command and a flag or the end of the line.
 */
export function commentCalls(file: string, text: string): ScriptText[] {
  if (!text.includes('#')) return []
  const found: ScriptText[] = []
  const lines = new LineCount(text)
  for (const match of text.matchAll(shown)) {
    const command = match[1]!
    if (!/(^|\s)--?[a-z]/.test(command)) continue
    const offset = match.index + match[0].length - command.length
    const columnsBefore = offset - (text.lastIndexOf('\n', offset - 1) + 1)
    found.push({ file, text: command, linesBefore: lines.before(offset), columnsBefore, offset, inComment: true })
  }
  return found
}

/** Line breaks in front of offsets that are asked for in rising order. */
class LineCount {
  readonly #text: string
  #lines = 0
  #next: number

  constructor(text: string) {
    this.#text = text
    this.#next = text.indexOf('\n')
  }

  before(offset: number): number {
    while (this.#next !== -1 && this.#next < offset) {
      this.#lines++
      this.#next = this.#text.indexOf('\n', this.#next + 1)
    }
    return this.#lines
  }
}
