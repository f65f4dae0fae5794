/**
 * One class beside JRaft's own: {@link com.alipay.sofa.jraft.core.NodeFacts} shows what JRaft keeps
 * to this package. Nothing of it is replaced; nothing may be added here without a paragraph in
 * docs/replication.md.
 */
@NullMarked
package com.alipay.sofa.jraft.core;

import org.jspecify.annotations.NullMarked;
