using System.Runtime.CompilerServices;
using Edge.Core.Errors;
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
        string[] paths = Directory.GetFiles(folder, "*.wl");
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
