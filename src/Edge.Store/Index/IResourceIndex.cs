using Edge.Core.Ids;
using Edge.Store.Files;
using Edge.Store.Jobs;
using Edge.Store.Outbox;

namespace Edge.Store.Index;

/// <summary>
/// The index. Writes run one after the other on one thread and are durable when their task completes; those that wait
/// together share a commit, and one that fails does not touch the others. A full disk throws <c>FullStorage</c>, a
/// read-only or failing one <c>CannotWriteFile</c>, a damaged index <c>Database</c>; nothing of such a request is kept.
/// </summary>
public interface IResourceIndex : IAsyncDisposable
{
    /// <summary>Runs <paramref name="query"/> on a reader thread over one consistent view. Everything committed before the call is seen.</summary>
    ValueTask<T> ReadAsync<TState, T>(TState state, Func<IIndexReader, TState, T> query, CancellationToken cancellation = default);

    /// <summary>
    /// The same for a question about one resource and what belongs to it, whose cost does not grow with the index. It may be answered on the caller's thread,
    /// where a change of thread and back would cost more than the answer: <see cref="ReadAsync{TState,T}"/> for everything else.
    /// </summary>
    ValueTask<T> PeekAsync<TState, T>(TState state, Func<IIndexReader, TState, T> query, CancellationToken cancellation = default);

    /// <summary>The row of an instance, 0 where there is none: whether an incoming one is a repetition.</summary>
    ValueTask<long> FindInstanceAsync(string publicId, CancellationToken cancellation = default);

    /// <summary>Stores one instance: see <see cref="InstanceRecord"/>.</summary>
    ValueTask<StoreOutcome> StoreInstanceAsync(InstanceRecord record, CancellationToken cancellation = default);

    /// <summary>Deletes a resource with all below it, and the parents left without children.</summary>
    ValueTask<DeleteOutcome> DeleteResourceAsync(string publicId, ResourceLevel level, CancellationToken cancellation = default);

    /// <summary>Deletes many, in slices between other work; unknown ids are skipped.</summary>
    ValueTask<DeleteOutcome> DeleteResourcesAsync(IReadOnlyList<string> publicIds, CancellationToken cancellation = default);

    /// <summary>The same for instances, except those that owe a delivery at the moment of their deletion.</summary>
    ValueTask<DeleteOutcome> DeleteDeliveredAsync(IReadOnlyList<string> instances, CancellationToken cancellation = default);

    /// <summary>Recycles until the limits hold (at start). True if they hold.</summary>
    ValueTask<bool> EnforceLimitsAsync(StorageLimits limits, CancellationToken cancellation = default);

    // Metadata, attachments, labels.
    /// <param name="change">Logged with it where not null (<c>UpdatedMetadata</c>).</param>
    ValueTask<EditOutcome> SetMetadataAsync(string publicId, ResourceLevel level, int type, string value, RevisionCheck check, ChangeKind? change, CancellationToken cancellation = default);

    ValueTask<EditOutcome> DeleteMetadataAsync(string publicId, ResourceLevel level, int type, RevisionCheck check, ChangeKind? change, CancellationToken cancellation = default);

    /// <summary>Sets an attachment; the file replaced is removed, and <paramref name="file"/> itself where the outcome is not <see cref="EditStatus.Done"/>.</summary>
    ValueTask<EditOutcome> PutAttachmentAsync(string publicId, ResourceLevel level, AttachmentRecord file, RevisionCheck check, StorageLimits limits, ChangeKind? change, CancellationToken cancellation = default);

    /// <summary>Replaces the file of an attachment by another form of the same data (compress, uncompress, another transfer syntax); the revision goes up.
    /// <see cref="EditStatus.RevisionConflict"/> if it is no longer <paramref name="former"/>; the new file is then removed.</summary>
    /// <param name="metadata">What the new file says otherwise, changed with it; what is as it was keeps its revision.</param>
    ValueTask<EditOutcome> ReplaceAttachmentAsync(
        string publicId, ResourceLevel level, Guid former, AttachmentRecord file, IReadOnlyList<MetadataEdit>? metadata = null, CancellationToken cancellation = default);

    /// <summary>Notes the MD5s of a file that were worked out later; the revision stays. False: it is no longer that file.</summary>
    ValueTask<bool> SetDigestsAsync(long resourceId, AttachmentRecord file, CancellationToken cancellation = default);

    ValueTask<EditOutcome> DeleteAttachmentAsync(string publicId, ResourceLevel level, int type, RevisionCheck check, ChangeKind? change, CancellationToken cancellation = default);

    ValueTask<EditOutcome> AddLabelAsync(string publicId, ResourceLevel level, string label, CancellationToken cancellation = default);

    ValueTask<EditOutcome> RemoveLabelAsync(string publicId, ResourceLevel level, string label, CancellationToken cancellation = default);

    /// <summary>Unprotecting puts the patient at the end of the recycling order. False: unknown patient.</summary>
    ValueTask<bool> SetProtectedAsync(string publicId, bool isProtected, CancellationToken cancellation = default);

    ValueTask<EditOutcome> ReconstructAsync(IReadOnlyList<ReconstructRecord> records, CancellationToken cancellation = default);

    // Logs.
    /// <summary>Appends changes, e.g. stable events; returns the rows as logged, without those of resources that are gone.</summary>
    ValueTask<IReadOnlyList<ChangeRow>> AppendChangesAsync(IReadOnlyList<ChangeRequest> changes, DateTimeOffset date, CancellationToken cancellation = default);

    ValueTask ClearChangesAsync(CancellationToken cancellation = default);

    ValueTask AppendExportsAsync(IReadOnlyList<ExportRequest> exports, CancellationToken cancellation = default);

    ValueTask ClearExportsAsync(CancellationToken cancellation = default);

    // Properties, jobs, users.
    /// <summary>Null removes it.</summary>
    ValueTask SetPropertyAsync(string name, string? value, CancellationToken cancellation = default);

    /// <summary>Adds <paramref name="delta"/> to a number kept as a property and returns the result; 0 at first.</summary>
    ValueTask<long> IncrementPropertyAsync(string name, long delta, CancellationToken cancellation = default);

    /// <summary>Inserts or replaces; body and cursor are kept where the row given has none.</summary>
    /// <param name="property">A property that is set in the same transaction.</param>
    ValueTask SaveJobsAsync(IReadOnlyList<JobRow> jobs, KeyValuePair<string, string>? property = null, CancellationToken cancellation = default);

    ValueTask DeleteJobsAsync(IReadOnlyList<string> ids, CancellationToken cancellation = default);

    ValueTask CheckpointJobAsync(JobCheckpoint checkpoint, CancellationToken cancellation = default);

    /// <summary>Inserts, or changes the account of that name.</summary>
    ValueTask<UserRow> SaveUserAsync(string name, string role, string passwordHash, CancellationToken cancellation = default);

    ValueTask<bool> DeleteUserAsync(long id, CancellationToken cancellation = default);

    // Outbox.
    /// <summary>Queues an existing instance. False: unknown instance, or it has a row for that destination already.</summary>
    ValueTask<bool> EnqueueAsync(string instancePublicId, OutboxRequest request, CancellationToken cancellation = default);

    /// <summary>Marks up to <paramref name="limit"/> due rows of a destination as sending and returns them: higher priority first, then in the order of
    /// arrival. A series with a row in flight, or among <paramref name="busySeries"/>, is left out, so its order is kept; a row that waits for its time delays only itself.</summary>
    ValueTask<IReadOnlyList<OutboxRow>> ClaimOutboxAsync(string destination, DateTimeOffset now, int limit, IReadOnlyCollection<long> busySeries, CancellationToken cancellation = default);

    /// <summary>Records how attempts ended; rows that are gone are skipped.</summary>
    ValueTask SettleOutboxAsync(IReadOnlyList<OutboxResult> results, CancellationToken cancellation = default);

    /// <summary>Makes rows pending and due now: one, or all of a destination in <paramref name="state"/>. The number of rows.</summary>
    ValueTask<long> RetryOutboxAsync(string destination, long? id, OutboxState state, CancellationToken cancellation = default);

    /// <summary>Drops open rows: one, or all of a destination in <paramref name="state"/>.</summary>
    ValueTask<IReadOnlyList<SettledOutbox>> DropOutboxAsync(string destination, long? id, OutboxState state, CancellationToken cancellation = default);

    // Care.
    /// <summary>SQLite's <c>quick_check</c> or its like; the problems found, none if sound.</summary>
    ValueTask<IReadOnlyList<string>> CheckAsync(bool full, CancellationToken cancellation = default);

    /// <summary>Copies the index while it is in use into <paramref name="target"/>, a consistent state.</summary>
    ValueTask BackupAsync(Stream target, CancellationToken cancellation = default);

    /// <summary>Which of these files the index knows.</summary>
    ValueTask<IReadOnlySet<Guid>> KnownFilesAsync(IReadOnlyList<Guid> files, CancellationToken cancellation = default);
}
