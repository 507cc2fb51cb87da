using Edge.Core.Errors;
using Edge.Store.Files;
using Edge.Store.Native;
using Edge.Store.Sqlite;
using Edge.Core.Threads;

namespace Edge.Store;

/// <summary>
/// After a start, in the background: goes on with removals, empties <c>incoming/</c>, and after an unclean stop looks through the folders of
/// that run. A file without a row was never acknowledged; it moves to <c>lost+found/</c> and is never deleted.
/// </summary>
internal sealed class Recovery(AreaLayout layout, SqliteIndex index, FileArea files, ThreadCrew crew, string[] leftOver, Action<StoreEvent>? log)
{
    public async Task<RecoveryReport> RunAsync(IReadOnlySet<ushort>? unclean, CancellationToken cancellation)
    {
        try
        {
            await index.ReplayRemovalsAsync().ConfigureAwait(false);
            await crew.RunAsync(leftOver, static spools =>
            {
                foreach (string spool in spools)
                {
                    File.Delete(spool); // Received in part, never acknowledged.
                }

                return true;
            }, cancellation).ConfigureAwait(false);
            if (unclean is null)
            {
                return new RecoveryReport(false, 0, 0, []);
            }

            long examined = 0, moved = 0;
            foreach (ushort folder in unclean)
            {
                cancellation.ThrowIfCancellationRequested();
                (long seen, long gone) = await ExamineAsync(layout.FolderOf(folder), cancellation).ConfigureAwait(false);
                examined += seen;
                moved += gone;
            }

            IReadOnlyList<string> problems = await index.CheckAsync(full: false, cancellation).ConfigureAwait(false);
            foreach (string problem in problems)
            {
                log?.Invoke(new StoreEvent(true, $"The index has a problem: {problem}"));
            }

            files.Folders.RewriteJournal();
            log?.Invoke(new StoreEvent(moved > 0, $"The last run did not end in order: {examined} files examined, {moved} never acknowledged ones moved to lost+found"));
            return new RecoveryReport(true, examined, moved, problems);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log?.Invoke(new StoreEvent(true, "Recovery did not finish; it is tried again at the next start", e));
            throw;
        }
    }

    private async Task<(long Seen, long Moved)> ExamineAsync(string folder, CancellationToken cancellation)
    {
        List<Guid> found = await crew.RunAsync(folder, static path =>
        {
            List<Guid> uuids = [];
            foreach ((Guid uuid, _) in AreaLayout.FilesIn(path))
            {
                uuids.Add(uuid);
            }

            return uuids;
        }, cancellation).ConfigureAwait(false);
        IReadOnlySet<Guid> known = await index.KnownFilesAsync(found, cancellation).ConfigureAwait(false);
        found.RemoveAll(known.Contains);
        if (found.Count > 0)
        {
            await crew.RunAsync((Folder: folder, Files: found), s =>
            {
                AreaLayout.EnsureFolder(layout.LostAndFound);
                foreach (Guid uuid in s.Files)
                {
                    try
                    {
                        File.Move($"{s.Folder}/{uuid:D}", $"{layout.LostAndFound}/{uuid:D}");
                    }
                    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                    {
                        throw new EdgeException(ErrorCode.CannotWriteFile, $"A file cannot be moved to lost+found: {e.Message}", e);
                    }

                    Failpoint.Hit("recovery.moved");
                }

                Posix.SyncFolder(layout.LostAndFound);
                Posix.SyncFolder(s.Folder);
                return true;
            }, cancellation).ConfigureAwait(false);
        }

        return (known.Count + found.Count, found.Count);
    }
}
