using System.Text.Json;
using Edge.Core.Ids;
using Edge.Engine.Ingest;
using Edge.Engine.Jobs;

namespace Edge.Engine.Modification.Deriving;

/// <summary>Labels to be put on a resource that a job makes.</summary>
public sealed record TargetLabels(ResourceLevel Level, string PublicId, IReadOnlyList<string> Labels);

/// <summary>What a job that makes new instances of stored ones works on; as it is saved.</summary>
public sealed record DerivationPlan
{
    /// <summary>The public ids that were asked for.</summary>
    public required IReadOnlyList<string> Resources { get; init; }

    /// <summary>The instances below them at the time of the request.</summary>
    public required IReadOnlyList<string> Instances { get; init; }

    /// <summary>False: the sources are deleted when all is done.</summary>
    public required bool KeepSource { get; init; }

    /// <summary>Count failures instead of failing.</summary>
    public required bool Permissive { get; init; }

    /// <summary>Who asked: the origin of the new instances.</summary>
    public required IngestOrigin Origin { get; init; }

    /// <summary>The key of the job's <see cref="UidMapper"/>.</summary>
    public required byte[] Key { get; init; }

    public IReadOnlyList<TargetLabels> Labels { get; init; } = [];

    public void Write(Utf8JsonWriter json)
    {
        json.WriteBase64String("key"u8, Key);
        json.WriteBoolean("keepSource"u8, KeepSource);
        json.WriteBoolean("permissive"u8, Permissive);
        json.WriteNumber("origin"u8, (int)Origin.Kind);
        json.WriteString("remoteIp"u8, Origin.RemoteIp);
        json.WriteString("username"u8, Origin.Username);
        json.Texts("resources"u8, Resources);
        json.Texts("instances"u8, Instances);
        json.WriteStartArray("labels"u8);
        foreach (TargetLabels target in Labels)
        {
            json.WriteStartObject();
            json.WriteNumber("level"u8, (int)target.Level);
            json.WriteString("id"u8, target.PublicId);
            json.Texts("labels"u8, target.Labels);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static DerivationPlan Parse(JsonElement saved)
    {
        List<TargetLabels> labels = [];
        foreach (JsonElement target in saved.GetProperty("labels").EnumerateArray())
        {
            labels.Add(new TargetLabels((ResourceLevel)target.GetProperty("level").GetInt32(), target.TextOf("id"), target.TextsOf("labels")));
        }

        return new DerivationPlan
        {
            Key = saved.GetProperty("key").GetBytesFromBase64(),
            KeepSource = saved.GetProperty("keepSource").GetBoolean(),
            Permissive = saved.GetProperty("permissive").GetBoolean(),
            Origin = new IngestOrigin(KindOf(saved), saved.TextOf("remoteIp"), Username: saved.TextOf("username")),
            Resources = saved.TextsOf("resources"),
            Instances = saved.TextsOf("instances"),
            Labels = labels,
        };
    }

    // Jobs of older versions do not say it: only clients could start them.
    private static OriginKind KindOf(JsonElement saved) => saved.TryGetProperty("origin", out JsonElement kind) ? (OriginKind)kind.GetInt32() : OriginKind.RestApi;
}
