using System.Globalization;
using Edge.Core.Errors;
using Edge.Engine.Ingest;
using Edge.Rest.Hosting;

namespace Edge.Rest.Orthanc;

/// <summary>
/// Files that browsers send in chunks, each a request of its own: the <c>maxChunkSize</c> of the jQuery File Upload plugin 5.12. The chunks of
/// a file come one after the other, and are put together by the headers that they share.
/// </summary>
/// <remarks>
/// The ten files that were added to last are kept, in files of the storage area; one that was given up goes when ten others have come, or with
/// the process.
/// </remarks>
internal sealed class ChunkedUploads
{
    private const int MaximumFiles = 10;
    private readonly LinkedList<(UploadedFile File, IncomingObject Content)> _files = [];
    private readonly Lock _lock = new();

    /// <summary>Which file a request belongs to.</summary>
    /// <returns>Null where it is a whole upload.</returns>
    /// <exception cref="EdgeException">400 (8): <c>X-File-Size</c> is no number of bytes.</exception>
    public static UploadedFile? FileOf(RestRequest request)
    {
        if (request.Header("X-Requested-With") != "XMLHttpRequest" || request.Header("X-File-Name") is not { Length: > 0 } name || request.Header("X-File-Size") is not { } size)
        {
            return null;
        }

        return long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long length) && length > 0
            ? new UploadedFile(request.Username, request.RemoteIp, name, length)
            : throw new EdgeException(ErrorCode.BadRequest, $"X-File-Size is no number of bytes: {size}");
    }

    /// <summary>What came of a file before, or null. The caller owns it until <see cref="KeepAsync"/>.</summary>
    public IncomingObject? Take(UploadedFile file)
    {
        lock (_lock)
        {
            for (var node = _files.First; node is not null; node = node.Next)
            {
                if (node.Value.File == file)
                {
                    _files.Remove(node);
                    return node.Value.Content;
                }
            }

            return null;
        }
    }

    /// <summary>Keeps what came of a file until its next chunk, and takes ownership of it where that succeeds.</summary>
    public async ValueTask KeepAsync(UploadedFile file, IncomingObject content, CancellationToken cancellation)
    {
        // Memory that waits for a client would be missed by everyone who receives.
        await content.SpillAsync(cancellation).ConfigureAwait(false);
        IncomingObject? displaced = Take(file);
        lock (_lock)
        {
            _files.AddLast((file, content));
            if (displaced is null && _files.Count > MaximumFiles)
            {
                displaced = _files.First!.Value.Content;
                _files.RemoveFirst();
            }
        }

        if (displaced is not null)
        {
            await displaced.DisposeAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>A file that is uploaded in chunks.</summary>
/// <param name="Username">Who sends it: nobody adds to a file of someone else.</param>
/// <param name="RemoteIp">From where.</param>
/// <param name="Name">Its name on the sender's side.</param>
/// <param name="Length">Of the whole file, in bytes.</param>
internal sealed record UploadedFile(string Username, string RemoteIp, string Name, long Length);
