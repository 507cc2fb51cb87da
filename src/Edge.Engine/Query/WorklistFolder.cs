using System.Runtime.CompilerServices;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Runtime;

namespace Edge.Engine.Query;

/// <summary>The modality worklist: the <c>.wl</c> files of a folder, read at each query, so that changes count at once.</summary>
public sealed class WorklistFolder(WorklistOptions options, IndexingOptions indexing, RuntimeSettings settings)
{
    /// <summary>A file that is longer is no worklist item.</summary>
    private const long LongestFile = 4 << 20;

    private const string Extension = ".wl";

    /// <summary>Finds the items that match.</summary>
    /// <param name="callingAet">Whose items alone are answered where <c>FilterIssuerAet</c> is set.</param>
    /// <returns>The answers, and in the end whether <c>LimitAnswers</c> cut them.</returns>
    /// <exception cref="EdgeException">ParameterOutOfRange for an illegal query, DirectoryExpected where the folder is missing.</exception>
    public async IAsyncEnumerable<WorklistAnswer> FindAsync(DataSet query, string callingAet, [EnumeratorCancellation] CancellationToken cancellation)
    {
        WorklistMatching.Matches(new DataSet(), query, indexing.CaseSensitivePN); // an illegal query fails before anything is read
        if (options.Database is not { Length: > 0 } folder || !Directory.Exists(folder))
        {
            throw new EdgeException(ErrorCode.DirectoryExpected, "The folder of the worklist does not exist");
        }

        int answers = 0;
        string[] paths = Directory.GetFiles(folder, "*" + Extension);
        Array.Sort(paths, StringComparer.Ordinal);
        foreach (string path in paths)
        {
            if (await ReadAsync(path, cancellation).ConfigureAwait(false) is not { } item
                || (options.FilterIssuerAet && !IsFor(item, callingAet))
                || !WorklistMatching.Matches(item, query, indexing.CaseSensitivePN))
            {
                continue;
            }

            if (options.LimitAnswers > 0 && answers == options.LimitAnswers)
            {
                yield return new WorklistAnswer(null);
                yield break;
            }

            answers++;
            yield return new WorklistAnswer(WorklistMatching.Answer(item, query));
        }
    }

    /// <summary>The ids of all items, sorted: the names of their files.</summary>
    public IReadOnlyList<string> Ids() => options.Database is { Length: > 0 } folder && Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder, "*" + Extension).Select(static path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>An item; null where there is none of that id, or its file cannot be read.</summary>
    public async ValueTask<DataSet?> FindAsync(string id, CancellationToken cancellation) =>
        Ids().Contains(id) ? await ReadAsync(PathOf(id), cancellation).ConfigureAwait(false) : null;

    /// <summary>Adds an item, or replaces the one of that id. It is whole or not there at all, and on disk when this returns.</summary>
    /// <exception cref="EdgeException">DirectoryExpected: no folder is configured; CannotWriteFile.</exception>
    public async ValueTask SaveAsync(string id, DataSet item, CancellationToken cancellation)
    {
        string path = PathOf(id);
        string written = path + ".new";
        try
        {
            Directory.CreateDirectory(options.Database!);
            await using (FileStream file = new(written, FileMode.Create, FileAccess.Write, FileShare.None, 4096, FileOptions.Asynchronous))
            {
                await file.WriteAsync(FileMetaInformation.Encode(UidRegistry.ModalityWorklistFind, DicomUid.New(), TransferSyntax.ExplicitVrLittleEndian.Uid), cancellation).ConfigureAwait(false);
                await file.WriteAsync(DicomWriter.ToArray(item, TransferSyntax.ExplicitVrLittleEndian), cancellation).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            File.Move(written, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(ErrorCode.CannotWriteFile, $"The worklist item cannot be written: {e.Message}", e);
        }
    }

    /// <returns>False where there was none.</returns>
    /// <exception cref="EdgeException">CannotWriteFile.</exception>
    public bool Delete(string id)
    {
        if (!Ids().Contains(id))
        {
            return false;
        }

        try
        {
            File.Delete(PathOf(id));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(ErrorCode.CannotWriteFile, $"The worklist item cannot be removed: {e.Message}", e);
        }
    }

    /// <param name="id">One of <see cref="Ids"/>, or made here: never a path of a client.</param>
    private string PathOf(string id) => options.Database is { Length: > 0 } folder
        ? Path.Combine(folder, id + Extension)
        : throw new EdgeException(ErrorCode.DirectoryExpected, "No folder is configured for the worklist (\"Worklists.Database\")");

    /// <summary>An item; null where the file is none, which is logged.</summary>
    private async ValueTask<DataSet?> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            if (new FileInfo(path).Length > LongestFile)
            {
                throw new DicomFormatException($"longer than {LongestFile} bytes");
            }

            byte[] bytes = await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false);
            return DicomReader.ReadFile(bytes, new DicomReadOptions { DefaultEncoding = settings.DefaultEncoding }).DataSet;
        }
        catch (Exception e) when (e is EdgeException or IOException or UnauthorizedAccessException)
        {
            Log.Dicom.Warning($"Worklist: {Path.GetFileName(path)} cannot be read: {e.Message}");
            return null;
        }
    }

    private static bool IsFor(DataSet item, string aet)
    {
        foreach (DataSet step in item.GetItems(new DicomTag(0x00400100)))
        {
            if (string.Equals(step.GetString(new DicomTag(0x00400001))?.Trim(), aet.Trim(), StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>An answer of the worklist; null says that there are more than may be answered.</summary>
public readonly record struct WorklistAnswer(DataSet? DataSet);
