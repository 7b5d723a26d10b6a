import { recordTypes } from './handler.js'

/** Questions of one kind. Whoever answers many of them keeps it and counts on. */
export interface QuestionCount {
  count: number
}

const typeNames = new Map<number, string>(Object.entries(recordTypes).map(([name, type]) => [type, name]))
typeNames.set(255, 'ANY').set(65, 'HTTPS')

/** What came in has to be understood before it has a type. */
export const noType = -1

const codeNames = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

/** Counts what a name server was asked and how it answered. Types that we do not know are one. */
export class DnsCounts {
  readonly #questions = new Map<string, QuestionCount>()
  /** Answers that were found by the octets of their question. */
  kept = 0
  /** Questions that another server was asked, and answers that did not come. */
  relayed = 0
  relayFailures = 0

  of(type: number, code: number, stream: boolean): QuestionCount {
    const name = type === noType ? 'none' : (typeNames.get(type) ?? 'other')
    const key = `proto="${stream ? 'tcp' : 'udp'}",rcode="${codeNames[code] ?? code}",type="${name}"`
    let found = this.#questions.get(key)
    if (found === undefined) {
      found = { count: 0 }
      this.#questions.set(key, found)
    }
    return found
  }

  /** Of all questions, by the labels that metrics have for them. */
  questions(): ReadonlyMap<string, QuestionCount> {
    return this.#questions
  }
}

/** In the text format of Prometheus; the numbers of each cluster under its name. */
export function formatDnsCounts(clusters: Iterable<readonly [cluster: string, counts: DnsCounts]>): string {
  const sorted = [...clusters].sort(([one], [other]) => (one < other ? -1 : 1))
  const metric = (name: string, help: string, lines: readonly string[]) =>
    lines.length === 0
      ? ''
      : `# HELP ${name} ${help}\n# TYPE ${name} counter\n${lines.map((line) => `${name}${line}\n`).join('')}`
  const single = (read: (counts: DnsCounts) => number) =>
    sorted.map(([cluster, counts]) => `{cluster="${cluster}"} ${read(counts)}`)
  return [
    metric(
      'flotilla_dns_questions_total',
      'Questions to name servers by protocol, type and response code.',
      sorted.flatMap(([cluster, counts]) =>
        [...counts.questions()].sort().map(([labels, { count }]) => `{cluster="${cluster}",${labels}} ${count}`),
      ),
    ),
    metric(
      'flotilla_dns_kept_answers_total',
      'Answers that were remembered from the same question.',
      single(({ kept }) => kept),
    ),
    metric(
      'flotilla_dns_relayed_total',
      'Questions that another name server was asked.',
      single(({ relayed }) => relayed),
    ),
    metric(
      'flotilla_dns_relay_failures_total',
      'Questions that the other name server did not answer.',
      single(({ relayFailures }) => relayFailures),
    ),
  ].join('')
}
