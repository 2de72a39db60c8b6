/**
 * The people of the sample: for each primitive the value that is somebody's habit.
 *
 * A hand differs from `ordinary` where it says so. `pair` are two whose habits differ in many
 * primitives: they will take turns on one attacker's access.
 */
export type Habits = Readonly<Record<string, string>>

export interface Hand {
  readonly name: string
  /** The attackers that it is seen as, one after the other by day; sensors tell addresses apart. */
  readonly attackers: readonly string[]
  readonly habits: Habits
  /** The one habit that gives way in some sessions, and what takes its place. */
  readonly mood: readonly [primitive: string, value: string] | null
  /** First hour of the working day, UTC. */
  readonly startsAtHour: number
  readonly digraphSimhash: string
  /** Milliseconds between calls home of the implant; null: none was seen. */
  readonly beaconIntervalMs: number | null
}

const ordinary: Habits = {
  'motor.input_modality': 'typed',
  'motor.paste_burst_rate': 'occasional',
  'motor.keystroke_cadence': 'steady',
  'motor.motor_stability': 'steady',
  'motor.error_correction': 'immediate',
  'motor.command_chunking': 'fluent',
  'motor.shell_mastery.tab_completion': 'habitual',
  'motor.shell_mastery.shortcut_usage': 'moderate',
  'motor.shell_mastery.pipe_chaining_depth': 'moderate',
  'cognitive.inter_command_latency_class': 'deliberate',
  'cognitive.inter_command_consistency': 'variable',
  'cognitive.command_branch_diversity': 'adaptive_branching',
  'cognitive.feedback_loop_engagement': 'closed_loop',
  'cognitive.cognitive_load': 'medium',
  'cognitive.exploration_style': 'targeted',
  'cognitive.planning_depth': 'shallow',
  'cognitive.tool_vocabulary': 'moderate',
  'cognitive.error_resilience.frustration_typing': 'low',
  'cognitive.error_resilience.fallback_to_man': 'absent',
  'temporal.session_duration': 'medium',
  'temporal.escalation_pattern': 'sustained',
  'temporal.lifecycle_markers.landing_ritual': 'present',
  'temporal.lifecycle_markers.exit_behavior': 'graceful',
  'operational.objective': 'recon',
  'operational.opsec_discipline': 'learning',
  'operational.cleanup_behavior': 'partial',
  'environmental.shell_type': 'bash',
  'environmental.terminal_multiplexer': 'none',
  'environmental.keyboard_layout': 'qwerty',
  'environmental.locale': 'und',
  'environmental.numpad_usage': 'not_detected',
  'emotional_valence.valence': 'neutral',
  'emotional_valence.arousal': 'medium_engaged',
  'emotional_valence.stress_response': 'none',
  'emotional_valence.frustration_venting': 'none',
}

const scripted: Habits = {
  ...ordinary,
  'motor.input_modality': 'pasted',
  'motor.paste_burst_rate': 'habitual',
  'motor.keystroke_cadence': 'machine',
  'motor.error_correction': 'absent',
  'motor.command_chunking': 'single_command',
  'motor.shell_mastery.tab_completion': 'none',
  'motor.shell_mastery.shortcut_usage': 'none',
  'cognitive.inter_command_latency_class': 'instant',
  'cognitive.inter_command_consistency': 'metronomic',
  'cognitive.command_branch_diversity': 'linear_playbook',
  'cognitive.feedback_loop_engagement': 'fire_and_forget',
  'temporal.session_duration': 'short',
  'temporal.lifecycle_markers.exit_behavior': 'abrupt',
  'operational.opsec_discipline': 'careless',
  'operational.cleanup_behavior': 'none',
  'emotional_valence.arousal': 'low_calm',
}

const hesitant: Habits = {
  ...ordinary,
  'motor.keystroke_cadence': 'hunt_and_peck',
  'motor.error_correction': 'deferred',
  'motor.command_chunking': 'fragmented',
  'motor.shell_mastery.tab_completion': 'none',
  'motor.shell_mastery.pipe_chaining_depth': 'shallow',
  'cognitive.inter_command_latency_class': 'long',
  'cognitive.exploration_style': 'chaotic',
  'cognitive.planning_depth': 'reactive',
  'cognitive.tool_vocabulary': 'narrow',
  'cognitive.error_resilience.frustration_typing': 'moderate',
  'operational.opsec_discipline': 'careless',
  'emotional_valence.valence': 'negative',
}

const careful: Habits = {
  ...ordinary,
  'motor.keystroke_cadence': 'bursty',
  'motor.shell_mastery.shortcut_usage': 'heavy',
  'motor.shell_mastery.pipe_chaining_depth': 'deep',
  'cognitive.exploration_style': 'methodical',
  'cognitive.planning_depth': 'deep',
  'cognitive.tool_vocabulary': 'broad',
  'temporal.session_duration': 'long',
  'operational.objective': 'persistence',
  'operational.opsec_discipline': 'careful',
  'operational.cleanup_behavior': 'thorough',
  'environmental.terminal_multiplexer': 'tmux',
}

function hand(name: string, startsAtHour: number, habits: Habits, rest: Partial<Hand> = {}): Hand {
  return {
    name,
    attackers: [name],
    habits,
    mood: null,
    startsAtHour,
    digraphSimhash: '0000000000000000',
    beaconIntervalMs: null,
    ...rest,
  }
}

/**
 * One hand behind one attacker, all the time. No more than one habit gives way: with two the rule
 * would at times take one person for several, as it does with real sessions (see the README).
 */
export const soloHands: readonly Hand[] = [
  hand('buzzard', 7, scripted, { digraphSimhash: '9a3c51e07b42d86f' }),
  hand(
    'goshawk',
    22,
    { ...scripted, 'operational.objective': 'lateral' },
    {
      attackers: ['goshawk', 'goshawk-2', 'goshawk-3'],
      digraphSimhash: '1f60c2b98d7e4a35',
      beaconIntervalMs: 30_000,
    },
  ),
  hand(
    'harrier',
    9,
    { ...ordinary, 'environmental.locale': 'pt-BR' },
    {
      digraphSimhash: '5be2740a91c3f8d6',
      mood: ['cognitive.cognitive_load', 'high'],
    },
  ),
  hand('kestrel', 13, hesitant, {
    digraphSimhash: 'c7d01964e5ab823f',
    mood: ['emotional_valence.arousal', 'high_agitated'],
  }),
  hand(
    'kite',
    3,
    { ...hesitant, 'environmental.keyboard_layout': 'azerty' },
    {
      digraphSimhash: '28f5b3de0c6a9741',
      mood: ['temporal.lifecycle_markers.exit_behavior', 'abrupt'],
    },
  ),
  hand('merlin', 18, careful, {
    attackers: ['merlin', 'merlin-2'],
    digraphSimhash: 'e094a7315df8b26c',
    beaconIntervalMs: 60_000,
    mood: ['operational.objective', 'recon'],
  }),
  hand(
    'osprey',
    5,
    { ...careful, 'operational.objective': 'exfil' },
    {
      digraphSimhash: '73ca8e1b2650fd94',
      beaconIntervalMs: 45_000,
      mood: ['temporal.escalation_pattern', 'bursty'],
    },
  ),
]

/** Two hands that come to share one attacker's access. */
export const pair: readonly [Hand, Hand] = [
  hand(
    'falcon',
    8,
    { ...careful, 'environmental.locale': 'de-DE' },
    {
      digraphSimhash: 'b61d09f3a8e4527c',
      beaconIntervalMs: 60_000,
    },
  ),
  hand(
    'shrike',
    11,
    { ...hesitant, 'environmental.locale': 'en-US' },
    {
      digraphSimhash: '4e92f67c1db3805a',
      beaconIntervalMs: 60_000,
    },
  ),
]
