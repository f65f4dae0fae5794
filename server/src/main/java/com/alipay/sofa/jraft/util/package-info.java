/**
 * One class of JRaft that Tideline replaces: {@link com.alipay.sofa.jraft.util.NamedThreadFactory}.
 * Everything else of this package comes from jraft-core; nothing may be added here without a
 * paragraph in docs/replication.md.
 */
@NullMarked
package com.alipay.sofa.jraft.util;

import org.jspecify.annotations.NullMarked;
