/** What a rules file may say: JSON Schema 2020-12, as `tscc apply --schema` prints it for editors. */
export const rulesSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'tscc rules',
  description: 'Which connections get which congestion control: tscc apply FILE',
  type: 'object',
  additionalProperties: false,
  required: ['rules'],
  properties: {
    version: { description: 'Of this format.', const: 1 },
    rules: {
      description: 'The first rule that fits decides; those of a cgroup below go before those of the ones above it.',
      type: 'array',
      maxItems: 128,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'use'],
        properties: {
          name: {
            description: 'Of its own in the file; figures and shares go by it.',
            type: 'string',
            pattern: '^[\\w.-]{1,31}$',
          },
          use: {
            description: 'A congestion control that is registered: bbr, ts_vegas.',
            type: 'string',
            pattern: '^[!-~]{1,15}$',
          },
          to: {
            description: 'Remote networks, IPv4 or IPv6; any of them.',
            anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 128 }],
          },
          port: {
            description: 'The port of the service, or first-last: remote where we connect, local where we accept.',
            anyOf: [
              { type: 'integer', minimum: 0, maximum: 65_535 },
              { type: 'string', pattern: '^\\d{1,5}(-\\d{1,5})?$' },
            ],
          },
          side: { description: 'Who began.', enum: ['connect', 'accept', 'both'] },
          cgroup: {
            description: 'A cgroup v2, as a path or from its root on, with those below.',
            type: 'string',
            minLength: 1,
          },
          percent: {
            description: 'How many of them, by a hash of addresses and ports.',
            type: 'number',
            minimum: 0.01,
            maximum: 100,
          },
        },
      },
    },
  },
} as const
