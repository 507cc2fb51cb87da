using System.Buffers;
using System.Text;
using Edge.Store.Native;

namespace Edge.Store.Sqlite;

/// <summary>A prepared statement. <see cref="Dispose"/> resets it for the next use; parameters keep their values until bound again.</summary>
internal sealed unsafe class Statement : IDisposable
{
    private readonly Connection _connection;
    private nint _handle;

    internal Statement(Connection connection, string sql)
    {
        _connection = connection;
        byte[] utf8 = Encoding.UTF8.GetBytes(sql);
        fixed (byte* start = utf8)
        {
            connection.Check(Sqlite3.Prepare(connection.Handle, start, utf8.Length, Sqlite3.PreparePersistent, out _handle, out _));
        }
    }

    /// <summary>Binds by position, from 1 on.</summary>
    public Statement Bind(int index, long value)
    {
        _connection.Check(Sqlite3.BindInteger(_handle, index, value));
        return this;
    }

    public Statement Bind(int index, long? value)
    {
        _connection.Check(value is { } given ? Sqlite3.BindInteger(_handle, index, given) : Sqlite3.BindNull(_handle, index));
        return this;
    }

    public Statement Bind(int index, string? value)
    {
        if (value is null)
        {
            _connection.Check(Sqlite3.BindNull(_handle, index));
            return this;
        }

        int size = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = size > 1024 ? ArrayPool<byte>.Shared.Rent(size) : null;
        Span<byte> utf8 = rented ?? stackalloc byte[1024];
        int length = Encoding.UTF8.GetBytes(value, utf8);
        fixed (byte* text = utf8)
        {
            _connection.Check(Sqlite3.BindText(_handle, index, text, length, Sqlite3.Transient));
        }

        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return this;
    }

    public Statement BindBlob(int index, ReadOnlySpan<byte> value)
    {
        byte none = 0;
        fixed (byte* blob = value)
        {
            // A null pointer would bind NULL.
            _connection.Check(Sqlite3.BindBlob(_handle, index, value.IsEmpty ? &none : blob, value.Length, Sqlite3.Transient));
        }

        return this;
    }

    public Statement BindNull(int index)
    {
        _connection.Check(Sqlite3.BindNull(_handle, index));
        return this;
    }

    /// <summary>True: a row is there. False: the end.</summary>
    public bool Step()
    {
        int result = Sqlite3.Step(_handle);
        if (result == Sqlite3.Row)
        {
            return true;
        }

        if (result == Sqlite3.Done)
        {
            return false;
        }

        Exception failure = SqliteFailure.From(_connection.Handle, Sqlite3.ExtendedErrorCode(_connection.Handle));
        _ = Sqlite3.Reset(_handle);
        throw failure;
    }

    /// <summary>Runs it to its end and resets it.</summary>
    public void Run()
    {
        while (Step())
        {
        }

        _ = Sqlite3.Reset(_handle);
    }

    public bool IsNull(int column) => Sqlite3.ColumnType(_handle, column) == Sqlite3.TypeNull;

    public long Integer(int column) => Sqlite3.ColumnInteger(_handle, column);

    public int Int32(int column) => (int)Sqlite3.ColumnInteger(_handle, column);

    /// <summary>The bytes of a blob or text, valid until the next step.</summary>
    public ReadOnlySpan<byte> Span(int column)
    {
        byte* start = Sqlite3.ColumnBlob(_handle, column);
        return start is null ? default : new ReadOnlySpan<byte>(start, Sqlite3.ColumnBytes(_handle, column));
    }

    public byte[] Bytes(int column) => Span(column).ToArray();

    public string Text(int column) => Encoding.UTF8.GetString(Span(column));

    public void Dispose() => _ = Sqlite3.Reset(_handle);

    internal void Finish()
    {
        if (_handle != 0)
        {
            _ = Sqlite3.Finish(_handle);
            _handle = 0;
        }
    }
}
