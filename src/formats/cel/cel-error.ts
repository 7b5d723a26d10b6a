import { CodedError } from '../../base/errors.js'

/** An evaluation that ended without a value. The message is cel-go's. */
export class CelError extends CodedError {
  readonly kind: 'evaluation' | 'cost'
  /** What was spent until then. */
  readonly cost: number
  constructor(kind: 'evaluation' | 'cost', message: string, cost: number) {
    super({
      code: kind === 'cost' ? 'cel-cost-limit' : 'cel-evaluation',
      message,
      fix:
        kind === 'cost'
          ? 'Make the expression cheaper: bound the sizes it walks (maxItems, maxLength) or nest fewer comprehensions.'
          : 'Guard the expression, for example with has(), a ?: or optional syntax (?.).',
    })
    this.kind = kind
    this.cost = cost
  }
}
