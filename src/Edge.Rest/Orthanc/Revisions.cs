using Edge.Core.Errors;
using Edge.Engine;
using Edge.Rest.Hosting;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>Conditional requests on metadata and attachments.</summary>
internal static class Revisions
{
    /// <summary>What a PUT or DELETE demands of the current revision; the index compares it inside its writer.</summary>
    /// <exception cref="EdgeException">400 (3) for a malformed <c>If-Match</c>.</exception>
    public static RevisionCheck Check(EdgeEngine engine, RestRequest request)
    {
        RevisionTag? match = request.IfMatch();
        return new RevisionCheck(engine.Options.General.CheckRevisions, match?.Revision, match?.Md5);
    }

    /// <summary>The same for a DELETE, which <c>CheckRevisions</c> refuses without <c>If-Match</c> before it looks at anything else.</summary>
    /// <exception cref="EdgeException">409 (43); 400 (3) for a malformed <c>If-Match</c>.</exception>
    public static RevisionCheck CheckDeletion(EdgeEngine engine, RestRequest request)
    {
        RevisionCheck check = Check(engine, request);
        return check is { CheckRevisions: true, Revision: null }
            ? throw new EdgeException(ErrorCode.Revision, "HTTP header \"If-Match\" is missing, as \"CheckRevisions\" is \"true\"")
            : check;
    }

    /// <summary>Sets the tag of an answer to GET, and answers 304 where the client has that revision already.</summary>
    /// <exception cref="EdgeException">400 (3) for a malformed <c>If-None-Match</c>; its answer bears the tag too.</exception>
    public static async ValueTask<bool> AnswerNotModifiedAsync(RestRequest request, RevisionTag current)
    {
        request.SetETag(current);
        if (request.IfNoneMatch() != current)
        {
            return false;
        }

        await request.Empty(304).ConfigureAwait(false);
        return true;
    }
}
