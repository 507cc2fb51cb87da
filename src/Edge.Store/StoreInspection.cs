using Edge.Core.Errors;
using Edge.Core.Threads;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Sqlite;

namespace Edge.Store;

/// <summary>A store that is only looked at: it may be in use by a running server. Nothing is written but what the caller asks for.</summary>
public sealed class StoreInspection : IAsyncDisposable
{
    private const int PageSize = 500;

    private readonly string _path;
    private readonly ThreadCrew _crew;
    private readonly ReaderPool _readers;
    private readonly FileArea _files;

    private StoreInspection(string path, ThreadCrew crew, ReaderPool readers, FileArea files) =>
        (_path, _crew, _readers, _files) = (path, crew, readers, files);

    /// <exception cref="EdgeException">SqliteCannotOpen: there is no index.</exception>
    public static StoreInspection Open(StoreOptions options)
    {
        string path = Path.Combine(Path.GetFullPath(options.IndexDirectory ?? options.StorageDirectory), IndexFile.Name);
        if (!File.Exists(path))
        {
            throw new EdgeException(ErrorCode.SqliteCannotOpen, $"there is no index at {path}");
        }

        ThreadCrew crew = new("files", 1);
        FileArea files = new(new AreaLayout(options.StorageDirectory), crew, reserve: null, sync: false, new HashSet<ushort>());
        return new StoreInspection(path, crew, new ReaderPool(path, 1, options.ReaderCacheBytes, options.QueryTimeout), files);
    }

    /// <summary>Copies the index in one consistent state into a new file.</summary>
    /// <exception cref="EdgeException">CannotWriteFile where <paramref name="target"/> exists.</exception>
    public async ValueTask BackupAsync(string target, CancellationToken cancellation = default)
    {
        if (File.Exists(target))
        {
            throw new EdgeException(ErrorCode.CannotWriteFile, $"{target} exists already");
        }

        await _readers.RunAsync(Path.GetFullPath(target), static (db, path) =>
        {
            db.Run($"VACUUM INTO '{path.Replace("'", "''", StringComparison.Ordinal)}'");
            return true;
        }, cancellation).ConfigureAwait(false);
    }

    /// <summary>SQLite's full check of the index; the problems found.</summary>
    public ValueTask<List<string>> CheckIndexAsync(CancellationToken cancellation = default) => _readers.RunAsync(0, static (db, _) =>
    {
        List<string> problems = [];
        using Statement check = db.Prepare("PRAGMA integrity_check");
        while (check.Step())
        {
            if (check.Text(0) is not "ok" and string problem)
            {
                problems.Add(problem);
            }
        }

        return problems;
    }, cancellation);

    /// <summary>Reads every file that the index knows and compares its checksums; yields each with what is wrong, or null.</summary>
    public async IAsyncEnumerable<(Guid Uuid, string? Problem)> VerifyFilesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        (long resource, int type) = (0, -1);
        while (true)
        {
            List<AttachmentRow> page = await _readers.RunAsync((resource, type), static (db, after) =>
            {
                List<AttachmentRow> rows = [];
                using Statement read = db.Prepare($"SELECT {RowReader.AttachmentColumns} FROM attachments a WHERE (a.resource,a.type)>(?1,?2) ORDER BY a.resource,a.type LIMIT ?3");
                read.Bind(1, after.resource).Bind(2, after.type).Bind(3, PageSize);
                while (read.Step())
                {
                    rows.Add(RowReader.Attachment(read));
                }

                return rows;
            }, cancellation).ConfigureAwait(false);
            if (page.Count == 0)
            {
                yield break;
            }

            foreach (AttachmentRow row in page)
            {
                yield return (row.File.Uuid, await VerifyAsync(row, cancellation).ConfigureAwait(false));
                (resource, type) = (row.ResourceId, row.File.Type);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _readers.Dispose();
        _crew.Dispose();
        return _files.DisposeAsync();
    }

    private async ValueTask<string?> VerifyAsync(AttachmentRow row, CancellationToken cancellation)
    {
        string? problem;
        try
        {
            problem = await _files.VerifyAsync(row.File, cancellation).ConfigureAwait(false) ? null : "its checksum is not the one of the index";
        }
        catch (EdgeException e) when (e.Code is ErrorCode.InexistentFile or ErrorCode.CorruptedFile)
        {
            problem = e.Message;
        }

        // A running server may have deleted or replaced it meanwhile: then nothing is wrong.
        return problem is null || await IsCurrentAsync(row, cancellation).ConfigureAwait(false) ? problem : null;
    }

    private ValueTask<bool> IsCurrentAsync(AttachmentRow row, CancellationToken cancellation) => _readers.RunAsync(row, static (db, asked) =>
    {
        using Statement read = db.Prepare($"SELECT {RowReader.AttachmentColumns} FROM attachments a WHERE a.resource=?1 AND a.type=?2");
        return read.Bind(1, asked.ResourceId).Bind(2, asked.File.Type).Step() && RowReader.Attachment(read).File.Uuid == asked.File.Uuid;
    }, cancellation);
}
