using Edge.Core.Errors;

namespace Edge.Rest.Hosting;

/// <content>Method overrides and matching.</content>
public sealed partial class RestRequest
{
    /// <summary>Applies <c>_method</c> and <c>X-HTTP-Method-Override</c>, then finds the route.</summary>
    internal void MatchRoute(out Verb verb)
    {
        string? forced = Header("X-HTTP-Method-Override");
        if (forced is null && Method == "GET" && PathLength != Target.Length && Target.AsSpan(PathLength).Contains("_method=", StringComparison.Ordinal))
        {
            forced = Argument("_method");
        }

        if (forced is not null)
        {
            Method = forced.ToUpperInvariant() switch
            {
                "PUT" => "PUT",
                "DELETE" => "DELETE",
                _ => throw new EdgeException(ErrorCode.BadRequest, "The method can only be overridden by PUT or DELETE"),
            };
        }

        verb = Method switch
        {
            "GET" => Verb.Get,
            "POST" => Verb.Post,
            "PUT" => Verb.Put,
            "DELETE" => Verb.Delete,
            _ => Verb.Any,
        };
        _pipeline.Routes.Match(Target, PathLength, verb, ref _match);
    }
}
