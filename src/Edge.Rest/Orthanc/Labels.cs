using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine;
using Edge.Engine.Annotation;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>The labels of resources at the four levels, and those in use.</summary>
public sealed class Labels(EdgeEngine engine)
{
    public Route[] Routes() =>
    [
        new("GET", "/patients/{id}/labels", request => ListAsync(request, ResourceLevel.Patient), "List labels"),
        new("GET", "/patients/{id}/labels/{label}", request => GetAsync(request, ResourceLevel.Patient), "Test label"),
        new("PUT", "/patients/{id}/labels/{label}", request => PutAsync(request, ResourceLevel.Patient), "Add label"),
        new("DELETE", "/patients/{id}/labels/{label}", request => DeleteAsync(request, ResourceLevel.Patient), "Remove label"),
        new("GET", "/studies/{id}/labels", request => ListAsync(request, ResourceLevel.Study), "List labels"),
        new("GET", "/studies/{id}/labels/{label}", request => GetAsync(request, ResourceLevel.Study), "Test label"),
        new("PUT", "/studies/{id}/labels/{label}", request => PutAsync(request, ResourceLevel.Study), "Add label"),
        new("DELETE", "/studies/{id}/labels/{label}", request => DeleteAsync(request, ResourceLevel.Study), "Remove label"),
        new("GET", "/series/{id}/labels", request => ListAsync(request, ResourceLevel.Series), "List labels"),
        new("GET", "/series/{id}/labels/{label}", request => GetAsync(request, ResourceLevel.Series), "Test label"),
        new("PUT", "/series/{id}/labels/{label}", request => PutAsync(request, ResourceLevel.Series), "Add label"),
        new("DELETE", "/series/{id}/labels/{label}", request => DeleteAsync(request, ResourceLevel.Series), "Remove label"),
        new("GET", "/instances/{id}/labels", request => ListAsync(request, ResourceLevel.Instance), "List labels"),
        new("GET", "/instances/{id}/labels/{label}", request => GetAsync(request, ResourceLevel.Instance), "Test label"),
        new("PUT", "/instances/{id}/labels/{label}", request => PutAsync(request, ResourceLevel.Instance), "Add label"),
        new("DELETE", "/instances/{id}/labels/{label}", request => DeleteAsync(request, ResourceLevel.Instance), "Remove label"),
        new("GET", "/tools/labels", AllAsync, "Get all the used labels"),
    ];

    private async ValueTask AllAsync(RestRequest request)
    {
        List<string> labels = await engine.Index.ReadAsync(0, static (reader, _) => reader.AllLabels(), request.Aborted).ConfigureAwait(false);
        await request.Json(labels, static (writer, list) => writer.Texts(list)).ConfigureAwait(false);
    }

    private async ValueTask ListAsync(RestRequest request, ResourceLevel level)
    {
        List<string> labels = await engine.Index.PeekAsync(
            (level, Id: request.Param(0)),
            static (reader, q) => reader.Find(q.Id, q.level) is { } row ? reader.Labels(row.Id) : null,
            request.Aborted).ConfigureAwait(false) ?? throw new EdgeException(ErrorCode.UnknownResource);
        await request.Json(labels, static (writer, list) => writer.Texts(list)).ConfigureAwait(false);
    }

    private async ValueTask GetAsync(RestRequest request, ResourceLevel level)
    {
        bool? has = await engine.Index.PeekAsync(
            (level, Id: request.Param(0), Label: request.Param(1)),
            static (reader, q) => reader.Find(q.Id, q.level) is { } row ? reader.HasLabel(row.Id, q.Label) : (bool?)null,
            request.Aborted).ConfigureAwait(false) ?? throw new EdgeException(ErrorCode.UnknownResource);
        if (has == true)
        {
            await request.EmptyText().ConfigureAwait(false);
        }
    }

    private async ValueTask PutAsync(RestRequest request, ResourceLevel level) =>
        await AnswerAsync(request, await engine.Index.AddLabelAsync(request.Param(0), level, LabelName.Require(request.Param(1)), request.Aborted).ConfigureAwait(false)).ConfigureAwait(false);

    private async ValueTask DeleteAsync(RestRequest request, ResourceLevel level) =>
        await AnswerAsync(request, await engine.Index.RemoveLabelAsync(request.Param(0), level, LabelName.Require(request.Param(1)), request.Aborted).ConfigureAwait(false)).ConfigureAwait(false);

    /// <summary>A label that was there already, or was not, is no failure.</summary>
    private static ValueTask AnswerAsync(RestRequest request, EditOutcome outcome) =>
        outcome.Status == EditStatus.UnknownResource ? throw new EdgeException(ErrorCode.UnknownResource) : request.EmptyText();
}
