/**
 * The station's memory. {@link goshawk.appliance.record.SqliteInspectionLog} is the one writer of the SQLite file and
 * the outbox in it; {@link goshawk.appliance.record.PngPictureArchive} keeps the judged pixels beside it.
 */
@NullMarked
package goshawk.appliance.record;

import org.jspecify.annotations.NullMarked;
