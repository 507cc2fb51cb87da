using Edge.Engine.Ingest;
using Edge.Rest.Hosting;

namespace Edge.Rest.Orthanc;

/// <summary>What instances say about the request that brought them.</summary>
internal static class RequestOrigins
{
    /// <summary>
    /// The origin of what a request stores. A script is neither a client nor a user: it must know its own instances again, or a script that
    /// stores in <c>OnStoredInstance</c> would be told of its own work for ever.
    /// </summary>
    public static IngestOrigin ToIngest(this RestRequest request) => request.Origin == RequestOrigin.Lua
        ? new IngestOrigin(OriginKind.Lua)
        : new IngestOrigin(OriginKind.RestApi, request.RemoteIp, Username: request.Username);
}
