/**
 * {@code doctor}: looks at everything a node needs from its machine and says what to do about what
 * is wrong.
 *
 * <p>Each check is a class that takes what it measures as parameters, so that tests can plant
 * faults. Checks change nothing but for one small file they write and remove again. Start reading
 * at {@link io.tideline.tools.doctor.DoctorCommand}.
 */
@NullMarked
package io.tideline.tools.doctor;

import org.jspecify.annotations.NullMarked;
