namespace Edge.Rest.Hosting;

/// <summary>Answers one request. Failures are thrown (<c>EdgeException</c>, <c>JsonException</c>); expected absence is <see cref="RestRequest.Decline"/>.</summary>
public delegate ValueTask RouteHandler(RestRequest request);

/// <summary>Writes the answer for a failure of a route in the form of that route's face.</summary>
public delegate ValueTask FailureHandler(RestRequest request, Exception failure);

/// <summary>One row of an area's route table.</summary>
/// <param name="Method"><c>GET</c>, <c>POST</c>, <c>PUT</c>, <c>DELETE</c>, or <see cref="AnyMethod"/> for a subtree that answers every verb itself (WebDAV).</param>
/// <param name="Path">
/// The literal full path, such as <c>/studies/{id}/anonymize</c>. A segment in braces is a parameter; a last segment
/// <c>{path}</c> takes the rest of the path, slashes included, and at least one segment.
/// </param>
/// <param name="Handler">What answers.</param>
/// <param name="Summary">One line for the documentation.</param>
public sealed record Route(string Method, string Path, RouteHandler Handler, string Summary)
{
    /// <summary>The method of a route that answers every verb, also those that Orthanc refuses.</summary>
    public const string AnyMethod = "*";

    /// <summary>The form of failures of this route; null for Orthanc's.</summary>
    public FailureHandler? Failures { get; init; }

    /// <summary>Whether the route checks credentials itself (a second face with its own sessions). The remote-access rule still holds.</summary>
    public bool ChecksCredentialsItself { get; init; }
}
