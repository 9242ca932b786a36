/** Every ending of a run × what must hold then: a row for each ending, a test for each check. */

import { describe } from 'vitest';
import { check } from './checks.ts';
import { ENDINGS } from './endings.ts';

describe.each(ENDINGS)('$title:', check);
